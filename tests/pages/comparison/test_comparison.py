"""What a reviewer decides is stored in order, once, and only where the person may."""

from pathlib import Path

import pytest

from core.annotation.store import AnnotationStore
from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series
from core.home.settings import Settings, default_url
from core.projects.adjudication import adjudication_of, start_adjudication
from core.projects.guarding import store_for
from core.projects.members import remove_member
from core.projects.moves import move
from core.projects.records import Role, WorkItem, WorkState
from pages.comparison.comparison import ComparisonMemory, carry_out
from pages.comparison.content import compare, comparison_message
from pages.comparison.requests import Action, Asked, Deed
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.work import Work
from tests.support.read_twice import ADMINISTRATOR, READERS, SeriesReadTwice, put_read_twice

RITA = "rita@example.org"


@pytest.fixture
def twice(tmp_path: Path, demo_files: Path) -> SeriesReadTwice:
    """Two submitted readings that differ on slices 5 to 8."""
    store = AnnotationStore(default_url(tmp_path))
    series = put_read_twice(tmp_path, store, demo_files, {RITA: {Role.REVIEW}})
    series.submit()
    return series


@pytest.fixture
def final(twice: SeriesReadTwice) -> WorkItem:
    """The adjudicated reading, which rita has begun."""
    return start_adjudication(twice.store, twice.first.annotation_key, RITA)


def opened_by(person: str, series: SeriesReadTwice, item: WorkItem, home: Path) -> Work:
    """A reading, opened by somebody."""
    entrance = Entrance(Settings(home, default_url(home), "default", "cpu"), person, arrived=True)
    reading = SeriesReading(find_series(series.opened.source)[0])
    store = store_for(series.store, person)
    return Work(entrance, series.opened, reading, store, PageMemory(series.opened.key), item)


def asked(item: WorkItem, *deeds: Deed) -> Asked:
    """What a browser sends."""
    return Asked("tab", item.annotation_key, deeds=deeds)


def deed(number: int, action: Action, index: int = 4, reading: int = 0) -> Deed:
    """Something done on a slice of the liver."""
    return Deed(number, action, 1, index, reading)


def test_decisions_are_stored_in_order_and_each_once(
    twice: SeriesReadTwice, final: WorkItem, tmp_path: Path
) -> None:
    work, memory = opened_by(RITA, twice, final, tmp_path), ComparisonMemory()
    first = [deed(1, "take", 4, 1), deed(2, "take", 5, 2), deed(3, "undo")]
    carry_out(work, memory, asked(final, *first))
    carry_out(work, memory, asked(final, *first, deed(4, "take", 6, 2)))
    decided = adjudication_of(twice.store, final.annotation_key, RITA).decided
    assert {index: str(one) for (_, index), one in decided.items()} == {
        2: "both readings",
        3: "both readings",
        4: "reading 1",
        6: "reading 2",
    }
    assert (memory.handled, memory.problem) == (4, "")


def test_undo_stops_where_the_adjudication_began(
    twice: SeriesReadTwice, final: WorkItem, tmp_path: Path
) -> None:
    work, memory = opened_by(RITA, twice, final, tmp_path), ComparisonMemory()
    carry_out(work, memory, asked(final, *(deed(number, "undo") for number in (1, 2, 3))))
    assert adjudication_of(twice.store, final.annotation_key, RITA).left == 4


def test_drawing_is_asked_for_where_it_is_to_begin(
    twice: SeriesReadTwice, final: WorkItem, tmp_path: Path
) -> None:
    work = opened_by(RITA, twice, final, tmp_path)
    wanted = deed(1, "draw", 6)
    assert carry_out(work, ComparisonMemory(), asked(final, wanted)) == wanted


@pytest.mark.parametrize("person", [*READERS, ADMINISTRATOR])
@pytest.mark.parametrize("action", ["take", "undo"])
def test_nobody_else_decides_whatever_their_browser_sends(
    person: str, action: Action, twice: SeriesReadTwice, final: WorkItem, tmp_path: Path
) -> None:
    work, memory = opened_by(person, twice, twice.first, tmp_path), ComparisonMemory()
    before = twice.store.annotation(final.annotation_key)
    carry_out(work, memory, asked(final, deed(1, action, 4, 1)))
    assert twice.store.annotation(final.annotation_key) == before
    assert action == "undo" or memory.problem


def test_a_role_that_is_taken_away_and_a_reading_that_is_done_end_deciding(
    twice: SeriesReadTwice, final: WorkItem, tmp_path: Path
) -> None:
    work, memory = opened_by(RITA, twice, final, tmp_path), ComparisonMemory()
    takes = [deed(number, "take", index, 1) for number, index in enumerate(range(4, 8), start=1)]
    carry_out(work, memory, asked(final, *takes))
    move(twice.store, final.annotation_key, WorkState.DONE, RITA)
    carry_out(work, memory, asked(final, deed(5, "take", 4, 2)))
    assert "cannot be changed" in memory.problem
    remove_member(twice.store, twice.project_key, RITA, ADMINISTRATOR)
    carry_out(work, memory, asked(final, deed(6, "take", 4, 2)))
    assert "does not exist" in memory.problem
    assert twice.store.slice(final.annotation_key, 1, 4).tool == "reading 1"


def test_segments_and_slices_that_are_not_there_are_refused(
    twice: SeriesReadTwice, final: WorkItem, tmp_path: Path
) -> None:
    work, memory = opened_by(RITA, twice, final, tmp_path), ComparisonMemory()
    for number, (segment, index) in enumerate(((9, 4), (1, 100_000)), start=1):
        carry_out(work, memory, asked(final, Deed(number, "take", segment, index, 1)))
        assert memory.problem


def test_the_worst_slices_to_decide_come_first_and_bring_both_outlines(
    twice: SeriesReadTwice, final: WorkItem, tmp_path: Path
) -> None:
    work = opened_by(RITA, twice, final, tmp_path)
    carry_out(work, ComparisonMemory(), asked(final, deed(1, "take", 4, 1)))
    comparison = compare(work)
    assert [one.slice_index for one in comparison.worst_first(1)] == [5, 6, 7, 4, 2, 3]
    segment = comparison.segment(None)
    assert segment is not None
    message = comparison_message(work, comparison, segment, 5, None, [6])
    first, second, adjudicated = message["outlines"]["5"]
    assert first.startswith("M") and second.startswith("M") and adjudicated == ""
    assert message["outlines"]["4"][2] == message["outlines"]["4"][0]
    assert "6" not in message["pictures"]
    assert message["pictures"]["5"].startswith("data:image/png;base64,")
