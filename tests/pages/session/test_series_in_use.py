"""Series stay in memory for as long as a tab shows them, and no longer."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series
from pages.session import series_in_use
from pages.session.series_in_use import ReadSeries, Role, SeriesInUse, SeriesPlace
from tests.support.synthetic_series import PLACEMENTS, write_series


class Tabs:
    """Tabs of a server, and the series that they open."""

    def __init__(self, folder: Path) -> None:
        self.open = {"anna", "bert"}
        self.read = 0
        self.emptied = threading.Event()
        self.series = SeriesInUse(lambda tab: tab in self.open, 0.0, self.emptied.set)
        write_series(folder / "scan", PLACEMENTS[0])
        self.found = tuple(find_series(folder / "scan"))
        self.folder = folder

    def place(self, number: int) -> SeriesPlace:
        return SeriesPlace(self.folder, f"1.{number}", self.folder / str(number), False)

    def show(self, tab: str, number: int, role: Role = "main") -> ReadSeries:
        def read() -> ReadSeries:
            self.read += 1
            summary = replace(self.found[0], uid=f"1.{number}")
            return ReadSeries(SeriesReading(summary), self.found)

        return self.series.open(self.place(number), tab, role, read)


@pytest.fixture
def tabs(tmp_path: Path) -> Tabs:
    return Tabs(tmp_path)


def test_tabs_with_the_same_series_share_it(tabs: Tabs) -> None:
    assert tabs.show("anna", 1) is tabs.show("bert", 1) is tabs.show("anna", 1)
    assert tabs.read == 1


def test_however_many_series_are_open_none_is_read_twice(tabs: Tabs) -> None:
    tabs.open |= {f"tab {number}" for number in range(10)}
    for _ in range(3):
        for number in range(10):
            tabs.show(f"tab {number}", number)
    assert tabs.read == len(tabs.series) == 10


def test_a_series_goes_when_its_tab_shows_another_or_is_closed(tabs: Tabs) -> None:
    for number in range(5):
        tabs.show("anna", number)
        assert len(tabs.series) == 1
    tabs.show("anna", 9, "second")
    assert len(tabs.series) == 2
    tabs.open.remove("anna")
    tabs.series.drop_unused()
    assert len(tabs.series) == 0


def test_who_waits_for_it_is_told_when_the_last_series_is_gone(
    tabs: Tabs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_in_use, "_LOOK_EVERY_S", 0.01)
    tabs.show("anna", 1)
    tabs.show("bert", 2)
    tabs.open.remove("anna")
    tabs.series.drop_unused()
    assert len(tabs.series) == 1 and not tabs.emptied.is_set()
    tabs.open.remove("bert")
    assert tabs.emptied.wait(60.0)
    assert len(tabs.series) == 0


def test_a_page_that_is_loaded_again_finds_its_series_still_read(tabs: Tabs) -> None:
    tabs.series.kept_s = 3600.0
    first = tabs.show("anna", 1)
    tabs.open.remove("anna")
    tabs.series.drop_unused()
    tabs.open.add("anna again")
    assert tabs.show("anna again", 1) is first


def test_forgetting_a_location_leaves_the_series_of_others(tabs: Tabs) -> None:
    tabs.show("anna", 1)
    theirs = tabs.show("bert", 2)
    tabs.series.forget(tabs.place(1).source)
    assert tabs.show("bert", 2) is theirs
    assert len(tabs.series) == 1


def test_it_is_known_who_else_shows_a_location(tabs: Tabs) -> None:
    source = tabs.place(1).source
    tabs.show("anna", 1)
    assert not tabs.series.is_used_by_others(source, "anna")
    assert tabs.series.is_used_by_others(source, "bert")
    assert tabs.series.used_sources() == {source}
    tabs.open.remove("anna")
    assert not tabs.series.is_used_by_others(source, "bert")
    assert tabs.series.used_sources() == set()
    tabs.open.add("anna")
    tabs.series.close("anna")
    assert not tabs.series.is_used_by_others(source, "bert")
