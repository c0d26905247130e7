"""Which readings of a project others may learn from."""

import pytest

from core.annotation.store import AnnotationStore
from core.projects.adjudication import start_adjudication, take_readings
from core.projects.finished_readings import finished_readings
from core.projects.moves import move
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import AccessRefused, WorkState
from tests.support.projects import add, submitted_readings
from tests.support.stored_series import put_mask, square


@pytest.fixture(autouse=True)
def protocol(store: AnnotationStore, project_key: str) -> None:
    """Every series has a segment."""
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")


def finished(store: AnnotationStore, project_key: str, person: str) -> list[tuple[int, int]]:
    """Number of the series and of the reading of all that are finished."""
    return [(one.number, one.reading) for one in finished_readings(store, project_key, person)]


def hand_in(store: AnnotationStore, project_key: str, number: int) -> str:
    key = add(store, project_key, number).annotation_key
    move(store, key, WorkState.IN_PROGRESS, "anna")
    put_mask(store, key, 1, 1, mask=square(4), person="anna")
    move(store, key, WorkState.TO_REVIEW, "anna")
    return key


def test_what_is_handed_in_counts_until_it_is_taken_back_the_newest_first(
    store: AnnotationStore, project_key: str
) -> None:
    keys = [hand_in(store, project_key, number) for number in (1, 2)]
    add(store, project_key, 3)
    assert finished(store, project_key, "ben") == [(2, 1), (1, 1)]
    move(store, keys[0], WorkState.DONE, "rita")
    assert finished(store, project_key, "ben") == [(1, 1), (2, 1)]
    move(store, keys[1], WorkState.IN_PROGRESS, "anna")
    assert finished(store, project_key, "ben") == [(1, 1)]


def test_nothing_of_a_series_that_is_read_twice_counts_before_it_is_adjudicated(
    store: AnnotationStore, project_key: str
) -> None:
    first, _ = submitted_readings(store, project_key)
    people = ("anna", "ben", "rita", "ada")
    assert [finished(store, project_key, person) for person in people] == [[]] * 4
    final = start_adjudication(store, first, "rita").annotation_key
    take_readings(store, final, {(1, 2): 1, (1, 3): 2}, "rita")
    assert [finished(store, project_key, person) for person in people] == [[]] * 4
    move(store, final, WorkState.DONE, "rita")
    assert [finished(store, project_key, person) for person in people] == [[(1, 3)]] * 4


def test_whoever_is_no_member_is_told_of_none(store: AnnotationStore, project_key: str) -> None:
    hand_in(store, project_key, 1)
    with pytest.raises(AccessRefused):
        finished_readings(store, project_key, "eve")
