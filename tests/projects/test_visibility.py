"""Who sees and changes which masks; above all, readers do not see each other's."""

import pytest

from core.annotation.store import AnnotationStore
from core.projects.assignments import next_to_review
from core.projects.comments import add_comment, comments_on
from core.projects.members import remove_member, set_roles
from core.projects.moves import move
from core.projects.projects import change_project
from core.projects.records import AccessRefused, MoveRefused, Role, WorkItem, WorkState
from core.projects.visibility import may_edit, may_see, require_editing, require_seeing
from core.projects.worklist import worklist
from tests.support.projects import add, add_read_twice
from tests.support.stored_series import SERIES

IN_PROGRESS, TO_REVIEW = WorkState.IN_PROGRESS, WorkState.TO_REVIEW


@pytest.fixture
def item(store: AnnotationStore, project_key: str) -> WorkItem:
    return add(store, project_key)


@pytest.fixture
def readings(store: AnnotationStore, project_key: str) -> tuple[str, str]:
    """Keys of two readings of one series, which anna and ben have begun."""
    first, second = (one.annotation_key for one in add_read_twice(store, project_key))
    move(store, first, IN_PROGRESS, "anna")
    move(store, second, IN_PROGRESS, "ben")
    return first, second


def test_annotations_outside_projects_stay_open_to_whoever_uses_the_server(
    store: AnnotationStore,
) -> None:
    assert require_seeing(store, SERIES, "anybody") is None
    assert require_editing(store, SERIES, "anybody") is None


def test_all_members_see_a_series_that_is_read_once(store: AnnotationStore, item: WorkItem) -> None:
    move(store, item.annotation_key, IN_PROGRESS, "anna")
    seen = [
        who for who in ("ada", "anna", "ben", "rita") if may_see(store, item.annotation_key, who)
    ]
    assert seen == ["ada", "anna", "ben", "rita"]


def test_only_the_one_it_is_assigned_to_changes_it_and_only_while_it_is_being_worked_on(
    store: AnnotationStore, item: WorkItem
) -> None:
    key = item.annotation_key
    assert not may_edit(store, key, "anna")
    move(store, key, IN_PROGRESS, "anna")
    assert [may_edit(store, key, who) for who in ("anna", "ben", "rita", "ada")] == [
        True,
        False,
        False,
        False,
    ]
    move(store, key, TO_REVIEW, "anna")
    with pytest.raises(MoveRefused, match="to review; its masks"):
        require_editing(store, key, "anna")
    add_comment(store, key, "The dome is missing.", "rita")
    move(store, key, WorkState.RETURNED, "rita")
    assert may_edit(store, key, "anna")


def test_a_person_without_the_role_or_the_membership_changes_nothing_any_more(
    store: AnnotationStore, project_key: str, item: WorkItem
) -> None:
    move(store, item.annotation_key, IN_PROGRESS, "anna")
    set_roles(store, project_key, "anna", {Role.REVIEW}, "ada")
    with pytest.raises(MoveRefused, match="Your roles"):
        require_editing(store, item.annotation_key, "anna")
    remove_member(store, project_key, "anna", "ada")
    with pytest.raises(AccessRefused):
        require_editing(store, item.annotation_key, "anna")


def test_nothing_is_drawn_in_an_archived_project(
    store: AnnotationStore, project_key: str, item: WorkItem
) -> None:
    move(store, item.annotation_key, IN_PROGRESS, "anna")
    change_project(store, project_key, "ada", archived=True)
    with pytest.raises(MoveRefused, match="archived"):
        require_editing(store, item.annotation_key, "anna")
    assert may_see(store, item.annotation_key, "anna")


def test_readers_see_their_own_reading_and_not_the_other(
    store: AnnotationStore, readings: tuple[str, str]
) -> None:
    first, second = readings
    assert [may_see(store, key, "anna") for key in readings] == [True, False]
    assert [may_see(store, key, "ben") for key in readings] == [False, True]
    add_comment(store, second, "Unsure here.", "ben", slice_index=1)
    with pytest.raises(AccessRefused):
        comments_on(store, second, "anna")
    for key in readings:
        move(store, key, TO_REVIEW, "anna" if key == first else "ben")
        move(store, key, WorkState.DONE, "rita")
    assert not may_see(store, second, "anna")


def test_readers_stay_apart_whatever_other_roles_they_have(
    store: AnnotationStore, project_key: str, readings: tuple[str, str]
) -> None:
    set_roles(store, project_key, "anna", set(Role), "ada")
    assert not may_see(store, readings[1], "anna")
    move(store, readings[1], TO_REVIEW, "ben")
    assert next_to_review(store, project_key, "anna") is None
    set_roles(store, project_key, "anna", {Role.ADMINISTER}, "ada")
    assert not may_see(store, readings[1], "anna")


def test_reviewers_see_both_and_other_annotators_see_none(
    store: AnnotationStore, project_key: str, readings: tuple[str, str]
) -> None:
    set_roles(store, project_key, "carl", {Role.ANNOTATE}, "ada")
    for key in readings:
        assert may_see(store, key, "rita")
        assert may_see(store, key, "ada")
        assert not may_see(store, key, "carl")


def test_whoever_might_still_read_a_series_sees_nothing_of_the_first_reading(
    store: AnnotationStore, project_key: str
) -> None:
    set_roles(store, project_key, "cora", {Role.ANNOTATE, Role.REVIEW}, "ada")
    first, second = (one.annotation_key for one in add_read_twice(store, project_key))
    move(store, first, IN_PROGRESS, "anna")
    assert not may_see(store, first, "cora")
    move(store, second, IN_PROGRESS, "ben")
    assert may_see(store, first, "cora")


def test_the_worklist_says_which_readings_may_be_opened_and_counts_no_hidden_comments(
    store: AnnotationStore, project_key: str, readings: tuple[str, str]
) -> None:
    add_comment(store, readings[1], "Unsure here.", "ben", slice_index=1)
    lines = worklist(store, project_key, "anna")
    assert [(line.may_open, line.open_comments) for line in lines] == [(True, 0), (False, 0)]
    lines = worklist(store, project_key, "rita")
    assert [(line.may_open, line.open_comments) for line in lines] == [(True, 0), (True, 1)]
