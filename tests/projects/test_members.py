"""Members and their roles, which count from the next call on."""

import pytest

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.projects.assignments import next_for
from core.projects.members import members_of, remove_member, set_roles
from core.projects.moves import move
from core.projects.projects import create_project, project_for
from core.projects.records import AccessRefused, Member, MoveRefused, Role, WorkState
from core.projects.work_items import work_item_for
from tests.support.projects import add


def test_who_creates_a_project_has_all_roles_in_it(store: AnnotationStore) -> None:
    project = create_project(store, "Spleens", "anna")
    assert project.roles == frozenset(Role)
    assert members_of(store, project.key, "anna") == [Member("anna", frozenset(Role))]


def test_members_are_listed_by_name_with_their_roles(
    store: AnnotationStore, project_key: str
) -> None:
    found = {one.person: one.roles for one in members_of(store, project_key, "rita")}
    assert list(found) == ["ada", "anna", "ben", "rita"]
    assert found["rita"] == {Role.REVIEW}


@pytest.mark.parametrize("person", ["anna", "rita", "eve"])
def test_only_administrators_change_members(
    store: AnnotationStore, project_key: str, person: str
) -> None:
    with pytest.raises(AccessRefused):
        set_roles(store, project_key, person, set(Role), person)
    with pytest.raises(AccessRefused):
        remove_member(store, project_key, "ben", person)


def test_a_member_may_leave(store: AnnotationStore, project_key: str) -> None:
    remove_member(store, project_key, "ben", "ben")
    with pytest.raises(AccessRefused):
        project_for(store, project_key, "ben")


def test_the_last_administrator_stays_one(store: AnnotationStore, project_key: str) -> None:
    with pytest.raises(MoveRefused, match="Somebody has to administer"):
        remove_member(store, project_key, "ada", "ada")
    with pytest.raises(MoveRefused, match="Somebody has to administer"):
        set_roles(store, project_key, "ada", {Role.REVIEW}, "ada")
    set_roles(store, project_key, "ben", {Role.ADMINISTER}, "ada")
    remove_member(store, project_key, "ada", "ben")
    assert "ada" not in [one.person for one in members_of(store, project_key, "ben")]


def test_a_member_who_was_removed_can_come_back(store: AnnotationStore, project_key: str) -> None:
    remove_member(store, project_key, "ben", "ada")
    set_roles(store, project_key, "ben", {Role.REVIEW}, "ada")
    assert project_for(store, project_key, "ben").roles == {Role.REVIEW}


def test_what_a_removed_member_had_begun_is_free_for_others(
    store: AnnotationStore, project_key: str
) -> None:
    item = add(store, project_key)
    move(store, item.annotation_key, WorkState.IN_PROGRESS, "anna")
    remove_member(store, project_key, "anna", "ada")
    freed = work_item_for(store, item.annotation_key, "ben")
    assert (freed.assigned, freed.state) == (None, WorkState.TO_DO)
    taken = next_for(store, project_key, "ben")
    assert taken is not None
    assert taken.annotation_key == item.annotation_key


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x00b", "x" * 201, "\u202eanna", "\ud800"])
def test_names_that_nobody_could_read_are_refused(
    store: AnnotationStore, project_key: str, name: str
) -> None:
    with pytest.raises(StoreError):
        set_roles(store, project_key, name, {Role.REVIEW}, "ada")


def test_a_name_with_markup_is_kept_as_it_is(store: AnnotationStore, project_key: str) -> None:
    set_roles(store, project_key, "<b>eve</b>", {Role.REVIEW}, "ada")
    assert "<b>eve</b>" in [one.person for one in members_of(store, project_key, "ada")]


def test_a_member_without_roles_is_refused(store: AnnotationStore, project_key: str) -> None:
    with pytest.raises(MoveRefused, match="at least one role"):
        set_roles(store, project_key, "ben", set(), "ada")
