"""Which readings of a series a person may see, and who made them."""

from datetime import UTC, datetime, timedelta

import pytest

from core.annotation.contributors import Contributors
from core.annotation.store import AnnotationStore
from core.projects.adjudication import start_adjudication, take_readings
from core.projects.assignments import set_priority
from core.projects.moves import move
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.readings import (
    contributors_of,
    name_where_several,
    reading_name,
    visible_readings,
)
from core.projects.records import AccessRefused, WorkState
from tests.support.projects import add, submitted_readings
from tests.support.stored_series import put_mask, square

DONE = WorkState.DONE


@pytest.fixture
def readings(store: AnnotationStore, project_key: str) -> tuple[str, str]:
    """Keys of two submitted readings, by anna and ben."""
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    return submitted_readings(store, project_key)


def names(store: AnnotationStore, annotation_key: str, person: str) -> list[str]:
    """Names of the readings that a person may see."""
    return [reading_name(one) for one in visible_readings(store, annotation_key, person)]


def test_a_reader_sees_one_reading_and_a_reviewer_both(
    store: AnnotationStore, readings: tuple[str, str]
) -> None:
    assert names(store, readings[0], "anna") == ["reading 1"]
    assert names(store, readings[1], "ben") == ["reading 2"]
    assert names(store, readings[0], "rita") == ["reading 1", "reading 2"]
    with pytest.raises(AccessRefused):
        visible_readings(store, readings[1], "anna")


def test_everybody_sees_all_three_when_the_adjudicated_one_is_done(
    store: AnnotationStore, readings: tuple[str, str]
) -> None:
    final = start_adjudication(store, readings[0], "rita").annotation_key
    assert names(store, readings[0], "anna") == ["reading 1"]
    take_readings(store, final, {(1, 2): 1, (1, 3): 2}, "rita")
    move(store, final, DONE, "rita")
    assert names(store, readings[0], "anna") == ["reading 1", "reading 2", "adjudicated"]


def test_readings_have_names_where_there_are_several(
    store: AnnotationStore, readings: tuple[str, str]
) -> None:
    assert name_where_several(store, readings[1], "ben") == "reading 2"
    final = start_adjudication(store, readings[0], "rita").annotation_key
    assert name_where_several(store, final, "rita") == "adjudicated"


def test_a_reviewed_reading_names_who_drew_it_and_who_reviewed_it_when(
    store: AnnotationStore, project_key: str
) -> None:
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    key = add(store, project_key).annotation_key
    assert name_where_several(store, key, "anna") == ""
    move(store, key, WorkState.IN_PROGRESS, "anna")
    put_mask(store, key, 1, 1, mask=square(4), person="anna")
    move(store, key, WorkState.TO_REVIEW, "anna")
    assert contributors_of(store, key, "anna") == Contributors(("anna",))
    move(store, key, DONE, "rita")
    people = contributors_of(store, key, "anna")
    assert (people.drew, people.reviewed) == (("anna",), "rita")
    assert people.finished is not None
    assert abs(people.finished - datetime.now(UTC)) < timedelta(minutes=1)
    set_priority(store, key, 5, "ada")
    assert contributors_of(store, key, "anna") == people


def test_an_adjudicated_reading_names_both_readers_and_its_adjudicator(
    store: AnnotationStore, readings: tuple[str, str]
) -> None:
    final = start_adjudication(store, readings[0], "rita").annotation_key
    people = contributors_of(store, final, "rita")
    assert people == Contributors(("anna", "ben"), adjudicated="rita")
    take_readings(store, final, {(1, 2): 1}, "rita")
    put_mask(store, final, 1, 3, mask=square(3), person="rita")
    move(store, final, DONE, "rita")
    people = contributors_of(store, final, "rita")
    assert people.drew == ("anna", "ben", "rita")
    assert people.approved_by == "rita"


def test_readings_that_were_adjudicated_name_no_reviewer(
    store: AnnotationStore, readings: tuple[str, str]
) -> None:
    final = start_adjudication(store, readings[0], "rita").annotation_key
    take_readings(store, final, {(1, 2): 1, (1, 3): 2}, "rita")
    move(store, final, DONE, "rita")
    assert contributors_of(store, readings[0], "rita") == Contributors(("anna",))
    assert contributors_of(store, readings[1], "rita") == Contributors(("ben",))


def test_strangers_learn_nothing(store: AnnotationStore, readings: tuple[str, str]) -> None:
    for ask in (visible_readings, name_where_several, contributors_of):
        for person, key in (("eve", readings[0]), ("anna", readings[1]), ("anna", "a" + "0" * 32)):
            with pytest.raises(AccessRefused):
                ask(store, key, person)
