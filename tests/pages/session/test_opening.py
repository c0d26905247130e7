"""What is shown of a series while it is being read."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.annotation.store import AnnotationStore
from core.dicom import reading
from core.home.opened_series import OpenedSeries
from pages.session import opening
from tests.support.pages import OpenPage

PATIENCE_S = 60


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Stop reading after the first slice until the event is set."""
    go_on = threading.Event()
    decode: Callable[..., Iterator[Any]] = reading.read_slices

    def wait_after_the_first(*arguments: Any) -> Iterator[Any]:
        for item in decode(*arguments):
            yield item
            go_on.wait(PATIENCE_S)

    opening.forget_readings()
    monkeypatch.setattr(reading, "read_slices", wait_after_the_first)
    yield go_on
    go_on.set()


def test_a_slice_is_shown_before_the_last_is_read(
    opened: OpenedSeries,
    store: AnnotationStore,
    held_back: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    open_page: OpenPage,
) -> None:
    pictures = []
    draw = opening.slice_picture

    def draw_and_let_reading_go_on(*arguments: Any) -> bytes:
        assert not held_back.is_set()
        pictures.append(draw(*arguments))
        held_back.set()
        return pictures[-1]

    monkeypatch.setattr(opening, "slice_picture", draw_and_let_reading_go_on)
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")
    app = open_page("annotate", series=opened.key)
    assert len(pictures) == 1 and pictures[0].startswith(b"\x89PNG")
    assert not app.error
    assert "of 48" in "".join(one.value for one in app.markdown)


def test_a_series_whose_files_go_away_while_it_is_read_says_so_and_can_be_opened_later(
    opened: OpenedSeries,
    store: AnnotationStore,
    held_back: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    open_page: OpenPage,
) -> None:
    files = opened.source.resolve()
    elsewhere = files.with_name("elsewhere")
    draw = opening.slice_picture

    def draw_and_take_away(*arguments: Any) -> bytes:
        picture = draw(*arguments)
        files.rename(elsewhere)
        held_back.set()
        return picture

    monkeypatch.setattr(opening, "slice_picture", draw_and_take_away)
    try:
        app = open_page("annotate", series=opened.key)
        assert "cannot be opened" in app.error[0].value
    finally:
        elsewhere.rename(files)
    app.run()
    assert not app.error and not app.exception
