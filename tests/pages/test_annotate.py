"""Second page: segments, tools, and what becomes of drawings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from pages.session import opening
from pages.session.opening import forget_readings
from pages.simple_canvas.drawable_canvas import CanvasMemory
from tests.support.pages import PERSON, OpenPage, open_menu, press, shown
from tests.support.stored_series import put_mask

MIDDLE = 24
COLOR = "rgba(230,159,0,0.5)"
ERASE = "rgba(255,255,255,0.45)"
OUTLINE = "rgba(230,159,0,0.85)"

Disk = Callable[[float], NDArray[np.bool_]]


def stroke(*points: tuple[float, float], color: str = COLOR, width: float = 20) -> dict[str, Any]:
    """Object that the canvas reports for a brush stroke through points in canvas pixels."""
    path: list[list[Any]] = [["M", *points[0]]]
    path += [["L", *point] for point in points[1:] or points]
    return {"type": "Path", "path": path, "stroke": color, "strokeWidth": width}


def canvas_key(app: AppTest) -> str:
    """Key of the canvas shown."""
    slots = app.session_state["work.memory"].part(CanvasMemory).slots
    return next(one.key for one in slots if one is not None and one.left_at is None)


def draw(app: AppTest, *objects: dict[str, Any], key: str | None = None) -> AppTest:
    """Let a canvas report objects, as it does some time after the pointer was lifted."""
    app.session_state[key or canvas_key(app)] = {
        "drawing": {"raw": {"objects": list(objects)}, "data": None}
    }
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def app(
    opened: OpenedSeries,
    store: AnnotationStore,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> AppTest:
    """The annotate page with the demonstration series and one segment, and the simple canvas."""
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")
    return open_page("annotate", series=opened.key)


def test_a_structure_is_found_by_name_and_added_with_its_code(
    home: Path, opened: OpenedSeries, demo_summary: SeriesSummary, open_page: OpenPage
) -> None:
    app = open_page("annotate", series=opened.key)
    app.text_input[0].set_value("left kidney").run()
    found = app.selectbox[0].value
    assert found is not None and found.label == "Left kidney"
    press(app, "Add segment")
    from core.home.settings import default_url

    segment = AnnotationStore(default_url(home)).segments(demo_summary.uid)[0]
    assert segment.label == "Left kidney"
    assert segment.type.scheme == "SCT"
    assert segment.type_modifier is not None and segment.type_modifier.meaning == "Left"


def test_a_structure_that_is_not_in_the_list_cannot_be_added(
    home: Path, opened: OpenedSeries, open_page: OpenPage
) -> None:
    app = open_page("annotate", series=opened.key)
    app.text_input[0].set_value("qqqqqqqq").run()
    assert next(one for one in app.button if one.label == "Add segment").disabled


def test_the_editor_can_be_chosen_and_stays_chosen(
    opened: OpenedSeries, store: AnnotationStore, open_page: OpenPage
) -> None:
    app = open_menu(open_page("annotate", series=opened.key), "Settings")
    choice = next(one for one in app.selectbox if one.label == "Editor")
    assert choice.value == "Slice editor"
    choice.set_value("Simple canvas").run()
    assert not app.exception
    assert canvas_key(app)
    app.switch_page("pages/review.py").run()
    app.switch_page("pages/annotate.py").run()
    assert next(one for one in app.selectbox if one.label == "Editor").value == "Simple canvas"


def test_looking_at_a_slice_stores_nothing(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app)
    press(app, "")
    assert store.annotation(demo_summary.uid) == {}


def test_a_stroke_is_stored_with_person_and_tool(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app, stroke((100, 100), (200, 100)))
    stored = store.slice(demo_summary.uid, 1, MIDDLE)
    assert stored.state is SliceState.DRAWN
    assert (stored.person, stored.tool) == (PERSON, "brush")
    assert stored.mask[40, 60] and not stored.mask[60, 60]


def test_a_line_around_a_structure_fills_it(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    corners = ((100.0, 100.0), (300.0, 100.0), (300.0, 300.0), (100.0, 300.0))
    draw(app, stroke(*corners, color=OUTLINE, width=2))
    mask = store.slice(demo_summary.uid, 1, MIDDLE).mask
    assert mask[40:120, 40:120].all()
    assert mask.sum() == 80 * 80


def test_the_eraser_removes_and_an_erased_slice_is_empty(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    drawn = stroke((100, 100), (200, 100))
    draw(app, drawn)
    draw(app, drawn, stroke((90, 100), (210, 100), color=ERASE, width=60))
    stored = store.slice(demo_summary.uid, 1, MIDDLE)
    assert (stored.state, stored.pixels) == (SliceState.EMPTY, 0)


def test_strokes_of_the_slice_just_left_are_stored_there(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    left = canvas_key(app)
    app.button(key="next-slice").click().run()
    draw(app, stroke((100, 100), (200, 100)), key=left)
    assert list(store.annotation(demo_summary.uid)) == [(1, MIDDLE)]


def test_strokes_of_one_slice_never_reach_another(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app, stroke((100, 100), (200, 100)))
    app.button(key="next-slice").click().run()
    draw(app, stroke((300, 300), (300, 400)))
    first = store.slice(demo_summary.uid, 1, MIDDLE).mask
    second = store.slice(demo_summary.uid, 1, MIDDLE + 1).mask
    assert first.any() and second.any() and not (first & second).any()


def test_coming_back_to_a_slice_keeps_its_mask_and_adds_to_it(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app, stroke((100, 100), (200, 100)))
    before = store.slice(demo_summary.uid, 1, MIDDLE)
    app.button(key="next-slice").click().run()
    app.button(key="previous-slice").click().run()
    draw(app)
    assert store.slice(demo_summary.uid, 1, MIDDLE).version == before.version
    draw(app, stroke((300, 300), (300, 400)))
    after = store.slice(demo_summary.uid, 1, MIDDLE)
    assert after.pixels > before.pixels and (after.mask & before.mask == before.mask).all()


def test_a_canvas_that_was_emptied_wipes_nothing(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app, stroke((100, 100), (200, 100)))
    before = store.slice(demo_summary.uid, 1, MIDDLE)
    draw(app)
    assert store.slice(demo_summary.uid, 1, MIDDLE) == before


def test_leaving_the_page_and_returning_keeps_everything(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app, stroke((100, 100), (200, 100)))
    before = store.annotation(demo_summary.uid)
    app.switch_page("pages/review.py").run()
    app.switch_page("pages/annotate.py").run()
    assert store.annotation(demo_summary.uid) == before
    draw(app, stroke((300, 300), (300, 400)))
    assert store.slice(demo_summary.uid, 1, MIDDLE).mask[40, 60]


def test_undo_takes_back_and_redo_brings_back(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app, stroke((100, 100), (200, 100)))
    drawn = store.slice(demo_summary.uid, 1, MIDDLE).mask
    app.button(key="leave-undo").click().run()
    assert not store.slice(demo_summary.uid, 1, MIDDLE).pixels
    app.button(key="leave-redo").click().run()
    assert (store.slice(demo_summary.uid, 1, MIDDLE).mask == drawn).all()


def test_undo_goes_to_the_slice_where_the_step_was(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app, stroke((100, 100), (200, 100)))
    app.button(key="next-slice").click().run()
    app.button(key="next-slice").click().run()
    app.button(key="leave-undo").click().run()
    assert "Slice **25** of 48" in shown(app)


def test_a_slice_can_be_cleared_and_confirmed_empty(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app, stroke((100, 100), (200, 100)))
    app.button(key="leave-clear").click().run()
    assert store.slice(demo_summary.uid, 1, MIDDLE).state is SliceState.EMPTY
    app.button(key="leave-absent").click().run()
    assert store.slice(demo_summary.uid, 1, MIDDLE).state is SliceState.CONFIRMED_EMPTY


def test_drawing_on_a_proposal_corrects_it(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary, disk: Disk
) -> None:
    put_mask(
        store,
        demo_summary.uid,
        1,
        MIDDLE,
        mask=disk(30),
        state=SliceState.PROPOSED,
        based_on=0,
        person=PERSON,
        tool="propose",
        expected_dice=0.8,
    )
    app.run()
    draw(app, stroke((100, 100), (200, 100)))
    stored = store.slice(demo_summary.uid, 1, MIDDLE)
    assert stored.state is SliceState.CORRECTED
    assert stored.mask[disk(30)].all() and stored.mask[40, 60]


def test_a_proposal_that_arrives_while_drawing_gives_way(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary, disk: Disk
) -> None:
    put_mask(
        store,
        demo_summary.uid,
        1,
        MIDDLE,
        mask=disk(30),
        state=SliceState.PROPOSED,
        based_on=0,
        person=PERSON,
        tool="propose",
    )
    draw(app, stroke((100, 100), (200, 100)))
    stored = store.slice(demo_summary.uid, 1, MIDDLE)
    assert stored.state is SliceState.DRAWN
    assert stored.mask[40, 60] and not stored.mask[128, 100]


@pytest.mark.parametrize("way", ["Keep the stored version", "Add my strokes to it"])
def test_a_change_from_another_tab_is_never_overwritten_silently(
    way: str, app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary, disk: Disk
) -> None:
    theirs = disk(20)
    put_mask(
        store,
        demo_summary.uid,
        1,
        MIDDLE,
        mask=theirs,
        state=SliceState.DRAWN,
        based_on=0,
        person="Somebody Else",
        tool="brush",
    )
    draw(app, stroke((100, 100), (200, 100)))
    assert (store.slice(demo_summary.uid, 1, MIDDLE).mask == theirs).all()
    assert "not saved" in app.warning[0].value
    press(app, way)
    assert not app.warning
    mask = store.slice(demo_summary.uid, 1, MIDDLE).mask
    assert mask[theirs].all()
    assert mask[40, 60] == (way == "Add my strokes to it")


def test_what_is_no_drawing_is_refused_with_a_sentence(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    draw(app, {"type": "Path", "path": "x", "stroke": COLOR, "strokeWidth": 3})
    assert store.annotation(demo_summary.uid) == {}
    assert "not saved" in app.error[0].value


def test_a_segment_is_renamed_and_removed_and_undo_brings_it_back(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    open_menu(app, "Edit")
    name = next(one for one in app.text_input if one.value == "Liver")
    name.set_value("Liver *without* cyst")
    press(app, "Save")
    assert store.segments(demo_summary.uid)[0].label == "Liver *without* cyst"
    open_menu(app, "Edit")
    press(app, r"Remove Liver \*without\* cyst")
    assert store.segments(demo_summary.uid) == []
    store.undo(demo_summary.uid, PERSON)
    assert [one.number for one in store.segments(demo_summary.uid)] == [1]


def test_a_series_that_takes_long_to_read_is_looked_through_at_once_and_after(
    opened: OpenedSeries, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_AT_ONCE_S", 0.0)
    app = open_page("series", series=opened.key)
    forget_readings()
    app.switch_page("pages/annotate.py").run()
    assert not app.exception
    assert "What do you want to annotate?" in [one.value for one in app.subheader]
