"""The worklist with its filters, and the progress of a project."""

import pytest

from core.annotation.store import AnnotationStore
from core.projects.assignments import assign, set_priority
from core.projects.comments import add_comment
from core.projects.moves import move
from core.projects.records import WorkState
from core.projects.worklist import progress, worklist
from tests.support.projects import add, add_read_twice


@pytest.fixture
def keys(store: AnnotationStore, project_key: str) -> list[str]:
    """Three series: to do, in progress by anna, to review by ben."""
    keys = [add(store, project_key, number).annotation_key for number in (1, 2, 3)]
    move(store, keys[1], WorkState.IN_PROGRESS, "anna")
    for state in (WorkState.IN_PROGRESS, WorkState.TO_REVIEW):
        move(store, keys[2], state, "ben")
    return keys


def test_what_is_urgent_comes_first(
    store: AnnotationStore, project_key: str, keys: list[str]
) -> None:
    set_priority(store, keys[2], 3, "ada")
    lines = worklist(store, project_key, "rita")
    assert [line.item.annotation_key for line in lines] == [keys[2], keys[0], keys[1]]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"states": [WorkState.TO_DO, WorkState.TO_REVIEW]}, [1, 3]),
        ({"assigned": ["anna"]}, [2]),
        ({"assigned": [None]}, [1]),
        ({"text": "CT 3"}, [3]),
        ({"text": "ANNA"}, [2]),
        ({"text": "abdomen spleen"}, []),
        ({"states": [WorkState.TO_DO], "assigned": ["anna"]}, []),
    ],
)
def test_it_is_filtered_by_state_person_and_words(
    store: AnnotationStore, project_key: str, keys: list[str], filters: dict, found: list[int]
) -> None:
    lines = worklist(store, project_key, "ada", **filters)
    assert [line.item.number for line in lines] == found


def test_open_comments_are_counted(
    store: AnnotationStore, project_key: str, keys: list[str]
) -> None:
    said = add_comment(store, keys[0], "Difficult.", "ada")
    add_comment(store, keys[0], "Why?", "anna", answer_to=said)
    assert [line.open_comments for line in worklist(store, project_key, "ada")] == [1, 0, 0]


def test_both_readings_are_compared_by_whoever_may_see_both(
    store: AnnotationStore, project_key: str, keys: list[str]
) -> None:
    def compared(person: str) -> set[bool]:
        return {line.may_compare for line in worklist(store, project_key, person)}

    assert compared("rita") == {False}
    add_read_twice(store, project_key, 4)  # from then on all series are
    assert compared("rita") == {True}
    assert compared("anna") == {False}


def test_progress_counts_states_in_all_and_for_each_person(
    store: AnnotationStore, project_key: str, keys: list[str]
) -> None:
    assign(store, keys[0], "anna", "ada")
    found = progress(store, project_key, "rita")
    assert found.total == 3
    assert found.states[WorkState.TO_DO] == found.states[WorkState.TO_REVIEW] == 1
    assert found.states[WorkState.DONE] == 0
    assert found.people["anna"][WorkState.TO_DO] == found.people["anna"][WorkState.IN_PROGRESS] == 1
    assert found.people["ben"][WorkState.TO_REVIEW] == 1
    assert sum(found.people["rita"].values()) == 0
