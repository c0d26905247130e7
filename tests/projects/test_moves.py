"""A series goes from to do to done, and each move is checked by role, person and state."""

from itertools import product

import pytest

from core.annotation.store import AnnotationStore
from core.projects.comments import add_comment, comments_on, resolve_comment
from core.projects.members import remove_member, set_roles
from core.projects.moves import MOVES, move, possible_moves
from core.projects.projects import change_project, create_project
from core.projects.records import AccessRefused, MoveRefused, Role, WorkItem, WorkState
from core.projects.work_items import add_series, work_item_for
from tests.support.projects import add, series

TO_DO, IN_PROGRESS, TO_REVIEW, RETURNED, DONE = WorkState


def bring_to(store: AnnotationStore, key: str, state: WorkState) -> None:
    """Bring a new item of anna into a state, with rita as its reviewer."""
    ways = {
        TO_DO: [],
        IN_PROGRESS: [IN_PROGRESS],
        TO_REVIEW: [IN_PROGRESS, TO_REVIEW],
        RETURNED: [IN_PROGRESS, TO_REVIEW, RETURNED],
        DONE: [IN_PROGRESS, TO_REVIEW, DONE],
    }
    for after in ways[state]:
        if after is RETURNED:
            add_comment(store, key, "The dome is missing.", "rita", slice_index=2)
        move(store, key, after, "anna" if after in (IN_PROGRESS, TO_REVIEW) else "rita")


@pytest.fixture
def item(store: AnnotationStore, project_key: str) -> WorkItem:
    return add(store, project_key)


def test_a_series_is_annotated_returned_corrected_and_done(
    store: AnnotationStore, item: WorkItem
) -> None:
    key = item.annotation_key
    assert move(store, key, IN_PROGRESS, "anna").assigned == "anna"
    move(store, key, TO_REVIEW, "anna")
    with pytest.raises(MoveRefused, match="Say in a comment"):
        move(store, key, RETURNED, "rita")
    said = add_comment(store, key, "The dome is missing.", "rita", slice_index=3)
    move(store, key, RETURNED, "rita")
    add_comment(store, key, "Added.", "anna", answer_to=said)
    move(store, key, TO_REVIEW, "anna")
    resolve_comment(store, key, said, "rita")
    done = move(store, key, DONE, "rita")
    assert (done.state, done.assigned, done.reviewer) == (DONE, "anna", "rita")
    assert [one.resolved for one in comments_on(store, key, "anna")] == [True]


@pytest.mark.parametrize(("before", "after"), [*product(WorkState, WorkState)])
def test_only_moves_of_the_table_are_possible(
    store: AnnotationStore, item: WorkItem, before: WorkState, after: WorkState
) -> None:
    key = item.annotation_key
    bring_to(store, key, before)
    add_comment(store, key, "Look here.", "rita", slice_index=1)
    allowed = {(one.before, one.after): one.role for one in MOVES}
    role = allowed.get((before, after))
    for person, own in (("anna", Role.ANNOTATE), ("rita", Role.REVIEW), ("ada", Role.ADMINISTER)):
        assert (after in possible_moves(store, key, person)) == (role is own)
        if role is not own:
            with pytest.raises((AccessRefused, MoveRefused)):
                move(store, key, after, person)
    assert work_item_for(store, key, "anna").state is before
    if role is not None:
        who = "anna" if role is Role.ANNOTATE else "rita"
        assert move(store, key, after, who).state is after


def test_nobody_else_goes_on_with_a_series_of_somebody(
    store: AnnotationStore, item: WorkItem
) -> None:
    move(store, item.annotation_key, IN_PROGRESS, "anna")
    with pytest.raises(MoveRefused, match="assigned to somebody else"):
        move(store, item.annotation_key, TO_REVIEW, "ben")
    assert possible_moves(store, item.annotation_key, "ben") == []


def test_who_has_drawn_a_series_does_not_review_it(
    store: AnnotationStore, project_key: str, item: WorkItem
) -> None:
    set_roles(store, project_key, "anna", {Role.ANNOTATE, Role.REVIEW}, "ada")
    bring_to(store, item.annotation_key, TO_REVIEW)
    assert DONE not in possible_moves(store, item.annotation_key, "anna")
    with pytest.raises(MoveRefused, match="cannot review it"):
        move(store, item.annotation_key, DONE, "anna")


def test_the_only_member_of_a_project_may_do_all_of_it(store: AnnotationStore) -> None:
    key = create_project(store, "Alone", "anna").key
    (item,) = add_series(store, key, series(1), "anna")
    for after in (IN_PROGRESS, TO_REVIEW, DONE):
        assert move(store, item.annotation_key, after, "anna").state is after


def test_a_move_from_what_has_changed_meanwhile_is_refused(
    store: AnnotationStore, item: WorkItem
) -> None:
    move(store, item.annotation_key, IN_PROGRESS, "anna", based_on=item.version)
    with pytest.raises(MoveRefused, match="meanwhile"):
        move(store, item.annotation_key, TO_REVIEW, "anna", based_on=item.version)


def test_a_role_that_is_taken_away_is_gone_at_the_next_move(
    store: AnnotationStore, project_key: str, item: WorkItem
) -> None:
    bring_to(store, item.annotation_key, TO_REVIEW)
    set_roles(store, project_key, "rita", {Role.ANNOTATE}, "ada")
    with pytest.raises(AccessRefused):
        move(store, item.annotation_key, DONE, "rita")
    remove_member(store, project_key, "anna", "ada")
    with pytest.raises(AccessRefused):
        move(store, item.annotation_key, IN_PROGRESS, "anna")


def test_nothing_moves_in_an_archived_project(
    store: AnnotationStore, project_key: str, item: WorkItem
) -> None:
    change_project(store, project_key, "ada", archived=True)
    assert possible_moves(store, item.annotation_key, "anna") == []
    with pytest.raises(MoveRefused, match="archived"):
        move(store, item.annotation_key, IN_PROGRESS, "anna")
