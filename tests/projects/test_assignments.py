"""Work is assigned by hand, or taken one by one; two people never get the same series."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.annotation.store import AnnotationStore
from core.projects.assignments import assign, next_for, next_to_review, set_priority
from core.projects.comments import add_comment
from core.projects.members import set_roles
from core.projects.moves import move
from core.projects.records import AccessRefused, MoveRefused, Role, WorkState
from core.projects.work_items import work_item_for
from tests.support.projects import add, add_read_twice


def test_next_is_returned_then_begun_then_assigned_then_urgent_then_old(
    store: AnnotationStore, project_key: str
) -> None:
    keys = [add(store, project_key, number).annotation_key for number in range(1, 7)]
    set_priority(store, keys[4], 5, "ada")
    assign(store, keys[3], "anna", "ada")
    for key in keys[1:3]:
        move(store, key, WorkState.IN_PROGRESS, "anna")
    move(store, keys[2], WorkState.TO_REVIEW, "anna")
    add_comment(store, keys[2], "The dome is missing.", "rita")
    move(store, keys[2], WorkState.RETURNED, "rita")
    given = []
    while (item := next_for(store, project_key, "anna")) is not None:
        given.append(item.annotation_key)
        move(store, item.annotation_key, WorkState.TO_REVIEW, "anna")
    assert given == [keys[2], keys[1], keys[3], keys[4], keys[0], keys[5]]


def test_the_next_one_is_in_progress_from_then_on(store: AnnotationStore, project_key: str) -> None:
    add(store, project_key)
    first, again = (next_for(store, project_key, "anna") for _ in range(2))
    assert first is not None
    assert (first.state, first.assigned) == (WorkState.IN_PROGRESS, "anna")
    assert again == first


def test_people_who_ask_at_once_get_different_series(
    store: AnnotationStore, project_key: str
) -> None:
    people = [f"person {number}" for number in range(6)]
    for number, person in enumerate(people, start=1):
        set_roles(store, project_key, person, {Role.ANNOTATE}, "ada")
        add(store, project_key, number)
    with ThreadPoolExecutor(len(people)) as pool:
        given = list(pool.map(lambda person: next_for(store, project_key, person), people))
    assert len({item.annotation_key for item in given if item is not None}) == len(people)
    assert next_for(store, project_key, "ben") is None


def test_reviewers_who_ask_one_after_the_other_get_different_series(
    store: AnnotationStore, project_key: str
) -> None:
    set_roles(store, project_key, "rolf", {Role.REVIEW}, "ada")
    for number in (1, 2):
        item = add(store, project_key, number)
        move(store, item.annotation_key, WorkState.IN_PROGRESS, "anna")
        move(store, item.annotation_key, WorkState.TO_REVIEW, "anna")
    given = [next_to_review(store, project_key, who) for who in ("rita", "rolf", "rita")]
    assert [item.number for item in given if item is not None] == [1, 2, 1]


def test_only_administrators_assign_and_only_to_members_who_annotate(
    store: AnnotationStore, project_key: str
) -> None:
    key = add(store, project_key).annotation_key
    with pytest.raises(AccessRefused):
        assign(store, key, "anna", "anna")
    for member in ("rita", "eve"):
        with pytest.raises(MoveRefused, match="members who annotate"):
            assign(store, key, member, "ada")
    assert assign(store, key, "ben", "ada").assigned == "ben"
    with pytest.raises(MoveRefused, match="somebody else"):
        move(store, key, WorkState.IN_PROGRESS, "anna")


def test_a_person_gives_back_what_the_person_has_begun(
    store: AnnotationStore, project_key: str
) -> None:
    key = add(store, project_key).annotation_key
    move(store, key, WorkState.IN_PROGRESS, "anna")
    with pytest.raises(AccessRefused):
        assign(store, key, None, "ben")
    given_back = assign(store, key, None, "anna")
    assert (given_back.assigned, given_back.state) == (None, WorkState.TO_DO)


def test_what_waits_for_a_review_is_not_assigned_anew(
    store: AnnotationStore, project_key: str
) -> None:
    key = add(store, project_key).annotation_key
    for state in (WorkState.IN_PROGRESS, WorkState.TO_REVIEW):
        move(store, key, state, "anna")
    with pytest.raises(MoveRefused, match="to review"):
        assign(store, key, "ben", "ada")


@pytest.mark.parametrize("priority", [-1, 10])
def test_priorities_lie_between_0_and_9(
    store: AnnotationStore, project_key: str, priority: int
) -> None:
    key = add(store, project_key).annotation_key
    with pytest.raises(MoveRefused, match="from 0 to 9"):
        set_priority(store, key, priority, "ada")


def test_nobody_gets_both_readings_of_a_series(store: AnnotationStore, project_key: str) -> None:
    first, second = add_read_twice(store, project_key)
    for_anna = next_for(store, project_key, "anna")
    assert for_anna is not None and for_anna.annotation_key == first.annotation_key
    move(store, first.annotation_key, WorkState.TO_REVIEW, "anna")
    assert next_for(store, project_key, "anna") is None
    with pytest.raises(MoveRefused, match="other reading"):
        assign(store, second.annotation_key, "anna", "ada")
    for_ben = next_for(store, project_key, "ben")
    assert for_ben is not None and for_ben.annotation_key == second.annotation_key
    assert work_item_for(store, second.annotation_key, "ben").assigned == "ben"
