"""All projects of a store, for the command line of the server."""

from core.annotation.store import AnnotationStore
from core.projects.adjudication import start_adjudication, take_readings
from core.projects.moves import move
from core.projects.overview import all_finished_readings, open_readings
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import WorkItem, WorkState
from tests.support.projects import add, submitted_readings


def keys(items: list[WorkItem]) -> list[str]:
    return [item.annotation_key for item in items]


def test_readings_that_are_handed_in_are_finished_and_no_longer_open(
    store: AnnotationStore, project_key: str
) -> None:
    first, second = (add(store, project_key, number).annotation_key for number in (1, 2))
    assert all_finished_readings(store, project_key) == []
    for state in (WorkState.IN_PROGRESS, WorkState.TO_REVIEW):
        move(store, first, state, "anna")
    assert keys(all_finished_readings(store, project_key)) == [first]
    assert keys(open_readings(store, project_key)) == [second]


def test_of_a_series_that_two_people_read_only_the_adjudicated_reading_is_finished(
    store: AnnotationStore, project_key: str
) -> None:
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    readings = submitted_readings(store, project_key)
    assert all_finished_readings(store, project_key) == []
    final = start_adjudication(store, readings[0], "rita").annotation_key
    assert all_finished_readings(store, project_key) == []
    take_readings(store, final, {(1, 2): 1, (1, 3): 2}, "rita")
    move(store, final, WorkState.DONE, "rita")
    assert keys(all_finished_readings(store, project_key)) == [final]
