"""Which series are offered beside the one worked on, and what is shown of them."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries, remember_series
from core.home.settings import default_url
from pages.views.second_series import ChoiceMemory
from tests.support.pages import PERSON, OpenPage, open_menu, shown
from tests.support.segments import LIVER_SEGMENT
from tests.support.synthetic_series import PLACEMENTS, Placement, write_series

FRAME, STUDY = "2.25.9", "2.25.8"


def write(folder: Path, name: str, seed: int, frame: str = FRAME, **changes: Any) -> None:
    placement = PLACEMENTS[0] if name != "FLAIR" else Placement("coarse", step=5.0)
    settings: dict[str, Any] = {
        "SeriesDescription": name,
        "StudyInstanceUID": STUDY,
        "SeriesNumber": seed,
    }
    write_series(
        folder / name, placement, seed=seed, FrameOfReferenceUID=frame, **settings | changes
    )


def described(found: list[SeriesSummary], name: str) -> SeriesSummary:
    return next(one for one in found if one.series_description == name)


@pytest.fixture
def t1(home: Path) -> OpenedSeries:
    """A series with another in its frame of reference, and one in another, in the same folder."""
    folder = home / "study"
    for seed, (name, frame) in enumerate((("T1", FRAME), ("FLAIR", FRAME), ("DWI", "2.25.7"))):
        write(folder, name, seed, frame)
    summary = described(find_series(folder), "T1")
    store = AnnotationStore(default_url(home))
    uids = [record.sop_instance_uid for record in summary.records]
    store.open_annotation(summary.uid, uids, summary.rows, summary.columns)
    store.save_segment(summary.uid, LIVER_SEGMENT, PERSON)
    return remember_series(home, summary.uid, folder)


@pytest.fixture
def simple(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")


def options(app: AppTest) -> list[str]:
    return list(app.radio(key="second-series").options)


def choose(app: AppTest, name: str | None) -> None:
    """Choose a series by its description, or none."""
    listed = app.session_state["work.memory"].part(ChoiceMemory).listed
    keys = {one.summary.series_description: one.opened.key for one in listed}
    app.radio(key="second-series").set_value(keys[name] if name else "").run()
    assert not app.exception


def click(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def test_series_in_the_same_frame_are_offered_and_others_say_why_not(
    t1: OpenedSeries, simple: None, open_page: OpenPage
) -> None:
    app = open_page("annotate", series=t1.key)
    assert options(app) == ["None", "1 · FLAIR (CT, 9 slices)"]
    assert any(
        "DWI" in one.value and "another frame of reference" in one.value for one in app.caption
    )


def test_the_simple_canvas_shows_the_slice_nearest_to_the_one_drawn_on(
    t1: OpenedSeries, simple: None, open_page: OpenPage
) -> None:
    app = open_page("annotate", series=t1.key)
    assert "FLAIR (CT, 9 slices):" not in shown(app)
    choose(app, "FLAIR")
    assert any(one.value.endswith(": slice 3 of 9") for one in app.caption)
    click(app, "next-slice")
    click(app, "next-slice")
    assert any(one.value.endswith(": slice 4 of 9") for one in app.caption)
    choose(app, None)
    assert not any("of 9" in one.value and "FLAIR" in one.value for one in app.caption)


def test_series_opened_from_elsewhere_are_found_when_a_person_asks_and_strangers_are_not_listed(
    t1: OpenedSeries, home: Path, simple: None, open_page: OpenPage
) -> None:
    for seed, (name, frame, study) in enumerate(
        (("T2", FRAME, STUDY), ("Stranger", "2.25.6", "2.25.5"), ("Perfusion", "2.25.4", STUDY)), 3
    ):
        write(home / name, name, seed, frame, StudyInstanceUID=study)
        summary = described(find_series(home / name), name)
        remember_series(home, summary.uid, home / name)
    app = open_page("annotate", series=t1.key)
    assert len(options(app)) == 2
    click(app, "leave-second-elsewhere")
    assert any("T2" in one for one in options(app))
    text = " ".join(one.value for one in app.caption)
    assert "Perfusion" in text and "Stranger" not in text + " ".join(options(app))


def test_a_second_series_that_is_gone_says_so_and_the_first_stays(
    t1: OpenedSeries, simple: None, open_page: OpenPage
) -> None:
    app = open_page("annotate", series=t1.key)
    files = sorted((t1.source / "FLAIR").iterdir())
    for path in files:
        path.unlink()
    choose(app, "FLAIR")
    assert app.error and not app.exception
    assert any("Slice **5** of 9" in one.value for one in app.markdown)


def test_the_editor_offers_them_too(t1: OpenedSeries, open_page: OpenPage) -> None:
    app = open_menu(open_page("annotate", series=t1.key), "Show a second series")
    choose(app, "FLAIR")
    assert app.session_state["work.memory"].second.opened.source == t1.source
