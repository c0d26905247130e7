"""Whoever is no member learns nothing: not even whether a project or a series exists."""

from collections.abc import Callable

import pytest

from core.annotation.store import AnnotationStore
from core.projects.assignments import assign, next_for, next_to_review, set_priority
from core.projects.comments import add_comment, comments_on, resolve_comment
from core.projects.members import members_of, remove_member, set_roles
from core.projects.moves import move, possible_moves
from core.projects.projects import change_project, project_for, projects_of, set_retention
from core.projects.protocols import protocol_of, set_protocol
from core.projects.records import AccessRefused, Role, WorkState
from core.projects.visibility import may_edit, may_see, require_editing, require_seeing
from core.projects.work_items import add_series, work_item_for
from core.projects.working_times import report_activity
from core.projects.worklist import progress, worklist
from tests.support.projects import add, series

Call = Callable[[AnnotationStore, str, str], object]

OF_PROJECT: dict[str, Call] = {
    "see it": project_for,
    "change it": lambda store, key, who: change_project(store, key, who, name="Mine"),
    "keep it": lambda store, key, who: set_retention(store, key, who, 1),
    "list members": members_of,
    "join": lambda store, key, who: set_roles(store, key, who, set(Role), who),
    "remove a member": lambda store, key, who: remove_member(store, key, "anna", who),
    "leave": lambda store, key, who: remove_member(store, key, who, who),
    "read the protocol": protocol_of,
    "write the protocol": lambda store, key, who: set_protocol(store, key, [], "x", who),
    "add a series": lambda store, key, who: add_series(store, key, series(9), who),
    "see the worklist": worklist,
    "see the progress": progress,
    "take the next": next_for,
    "review the next": next_to_review,
}

OF_ANNOTATION: dict[str, Call] = {
    "see the item": work_item_for,
    "see it": require_seeing,
    "edit it": require_editing,
    "assign it": lambda store, key, who: assign(store, key, who, who),
    "hurry it": lambda store, key, who: set_priority(store, key, 9, who),
    "move it": lambda store, key, who: move(store, key, WorkState.IN_PROGRESS, who),
    "see its moves": possible_moves,
    "comment": lambda store, key, who: add_comment(store, key, "x", who),
    "read comments": comments_on,
    "resolve": lambda store, key, who: resolve_comment(store, key, 1, who),
    "work": report_activity,
}

STRANGE_KEYS = ("", "nowhere", "a" + "0" * 32, "a\x00b", "x" * 300, "'; DROP TABLE project; --")


@pytest.mark.parametrize("call", OF_PROJECT.values(), ids=OF_PROJECT)
def test_a_foreign_project_answers_as_one_that_does_not_exist(
    store: AnnotationStore, project_key: str, call: Call
) -> None:
    said = set()
    for key in (project_key, *STRANGE_KEYS):
        with pytest.raises(AccessRefused) as refusal:
            call(store, key, "eve")
        said.add(str(refusal.value))
    assert len(said) == 1
    assert projects_of(store, "eve") == []


@pytest.mark.parametrize("call", OF_ANNOTATION.values(), ids=OF_ANNOTATION)
def test_a_foreign_series_answers_as_one_that_does_not_exist(
    store: AnnotationStore, project_key: str, call: Call
) -> None:
    key = add(store, project_key).annotation_key
    said = set()
    for one in (key, "a" + "0" * 32):
        with pytest.raises(AccessRefused) as refusal:
            call(store, one, "eve")
        said.add(str(refusal.value))
    assert len(said) == 1
    assert not may_see(store, key, "eve")
    assert not may_edit(store, key, "eve")


def test_another_project_of_the_same_person_gives_no_access(
    store: AnnotationStore, project_key: str
) -> None:
    key = add(store, project_key).annotation_key
    remove_member(store, project_key, "anna", "ada")
    assert not may_see(store, key, "anna")
