"""Choosing on the Series page what the next series is proposed from."""

from pathlib import Path

import numpy as np

from core.annotation.actions import save_drawing
from core.annotation.store import AnnotationStore
from core.home.opened_series import OpenedSeries
from core.home.settings import default_url
from core.home.teaching_choices import recall_teaching
from tests.support.pages import PERSON, OpenPage, shown
from tests.support.segments import LIVER_SEGMENT


def test_an_annotated_series_is_offered_with_what_is_drawn_and_the_choice_is_kept(
    home: Path, opened: OpenedSeries, open_page: OpenPage
) -> None:
    open_page("annotate", series=opened.key)
    assert "Propose from" not in shown(open_page())
    store = AnnotationStore(default_url(home))
    store.save_segment(opened.uid, LIVER_SEGMENT, PERSON)
    mask = np.zeros((256, 256), bool)
    mask[10:20, 10:20] = True
    number = LIVER_SEGMENT.number
    save_drawing(store, opened.uid, number, 4, mask, person=PERSON, tool="brush")
    app = open_page()
    (teacher,) = app.checkbox
    assert "Liver · 1 slice drawn or accepted" in teacher.label
    teacher.check().run()
    assert recall_teaching(home, PERSON, "").series == (opened.key,)
