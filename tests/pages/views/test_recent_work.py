"""The list of series to continue with."""

from pathlib import Path

import numpy as np

from core.annotation.records import MaskChange
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.home.opened_series import OpenedSeries
from core.home.settings import default_url
from tests.support.pages import OpenPage, press, shown
from tests.support.segments import LIVER_SEGMENT


def test_a_series_that_was_opened_is_offered_with_what_is_done_and_what_waits(
    home: Path, opened: OpenedSeries, open_page: OpenPage
) -> None:
    open_page("annotate", series=opened.key)
    store = AnnotationStore(default_url(home))
    store.save_segment(opened.uid, LIVER_SEGMENT, "A")
    mask = np.zeros((256, 256), bool)
    mask[10:20, 10:20] = True
    states = {1: SliceState.DRAWN, 2: SliceState.PROPOSED, 3: SliceState.PROPOSED}
    for index, state in states.items():
        change = MaskChange(LIVER_SEGMENT.number, index, mask, state, based_on=0)
        store.put_many(opened.uid, [change], person="A", tool="brush", action="draw")
    app = open_page()
    page = shown(app)
    assert "Continue" in page
    assert "1 slice drawn or accepted" in page
    assert "2 proposals to review" in page
    press(app, "Continue")
    assert "No series is open yet." not in shown(app)


def test_nothing_is_offered_where_nothing_was_opened(home: Path, open_page: OpenPage) -> None:
    assert "Continue" not in shown(open_page())
