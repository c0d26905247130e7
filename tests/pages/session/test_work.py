"""What a tab works on, also where it was away for a while."""

import os

import numpy as np

from core.annotation.store import AnnotationStore
from core.home.opened_series import OpenedSeries
from core.home.settings import read_settings
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.opening import forget_readings, whole_reading
from pages.session.work import Work
from tests.support.pages import PERSON


def test_a_tab_that_comes_back_after_its_series_was_dropped_reads_it_again(
    opened: OpenedSeries, store: AnnotationStore
) -> None:
    entrance = Entrance(read_settings(os.environ), PERSON, arrived=False)
    reading = whole_reading(entrance.settings.home, opened)
    work = Work(entrance, opened, reading, store, PageMemory(opened.key))
    before = work.series.volume.copy()
    forget_readings()
    assert reading.is_closed
    assert np.array_equal(work.series.volume, before)
