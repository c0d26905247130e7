"""What the browser is told: everything once, then what changed, and pixels it asked for."""

import json
import struct
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from core.annotation.actions import save_drawing
from core.annotation.run_length import decode_runs
from pages.session.work import Work
from pages.slice_editor.client_state import Told
from pages.slice_editor.incoming import Outbox, Wanted
from pages.slice_editor.outgoing import make_news
from tests.support.segments import LIVER_SEGMENT

TAB = "0123456789abcdef"


def tell(work: Work, told: Told, outbox: Outbox) -> tuple[dict[str, Any], bytes]:
    """Header and parts of the news."""
    news = make_news(work, told, outbox, [], [LIVER_SEGMENT], LIVER_SEGMENT)
    (length,) = struct.unpack_from("<I", news)
    return json.loads(news[4 : 4 + length]), news[4 + length :]


def square(size: int) -> np.ndarray:
    mask = np.zeros((256, 256), dtype=np.bool_)
    mask[40 : 40 + size, 60 : 60 + size] = True
    return mask


def test_a_new_tab_is_told_everything_and_later_only_what_changed(work: Work) -> None:
    for index in (1, 3):
        save_drawing(work.store, work.uid, 1, index, square(9), person="anna", tool="brush")
    told = Told()
    header, parts = tell(work, told, Outbox())
    assert header["full"] and [one["slice"] for one in header["changes"]] == [1, 3]
    size = header["changes"][0]["bytes"]
    assert (decode_runs(parts[:size], (256, 256)) == square(9)).all()

    known = Outbox(TAB, epoch=told.epoch, revision=header["revision"])
    header, _ = tell(work, told, known)
    assert not header["full"] and header["changes"] == []
    save_drawing(work.store, work.uid, 1, 3, square(12), person="ben", tool="brush")
    for _ in range(2):  # until the browser says that it knows
        header, _ = tell(work, told, known)
        assert [(one["slice"], one["version"]) for one in header["changes"]] == [(3, 2)]


def test_a_tab_that_knows_another_memory_is_told_everything(work: Work) -> None:
    save_drawing(work.store, work.uid, 1, 1, square(9), person="anna", tool="brush")
    header, _ = tell(work, Told(), Outbox(TAB, epoch="another", revision=99))
    assert header["full"] and len(header["changes"]) == 1


def test_each_request_for_pixels_is_answered_once(work: Work) -> None:
    told = Told()
    outbox = Outbox(TAB, wanted=Wanted(((4, 1), (5, 1)), row=(100, 1)))
    header, _ = tell(work, told, outbox)
    assert [one["slice"] for one in header["images"]] == [4, 5]
    assert [(one["axis"], one["index"]) for one in header["planes"]] == [("row", 100)]
    header, _ = tell(work, told, outbox)
    assert header["images"] == [] and header["planes"] == []
    header, _ = tell(work, told, Outbox(TAB, wanted=Wanted(((5, 2),))))
    assert [one["slice"] for one in header["images"]] == [5]


def test_the_browser_is_told_what_was_heard_last(work: Work) -> None:
    header, _ = tell(work, Told(), Outbox(TAB, sent=7))
    assert header["heard"] == {"client": TAB, "number": 7}


def test_the_header_names_no_patient(work: Work) -> None:
    header, _ = tell(work, Told(), Outbox())
    text = json.dumps(header)
    summary = work.series.summary
    assert all(
        one not in text for one in (summary.patient_name, summary.patient_id, summary.uid) if one
    )


def test_the_page_shows_the_editor(work: Work) -> None:
    def page(work):  # type: ignore[no-untyped-def]
        from pages.slice_editor.editor import show_slice_editor

        show_slice_editor(work)

    app = AppTest.from_function(page, kwargs={"work": work}).run()
    assert not app.exception
