"""A person's access to all projects is deleted at once."""

import pytest

from core.annotation.store import AnnotationStore
from core.projects.leaving import remove_everywhere
from core.projects.members import members_of, set_roles
from core.projects.projects import create_project, projects_of
from core.projects.records import MoveRefused, Role


def test_a_person_is_taken_out_of_all_projects(store: AnnotationStore, project_key: str) -> None:
    other = create_project(store, "Other", "ada").key
    for key in (project_key, other):
        set_roles(store, key, "mia", {Role.ANNOTATE}, "ada")
    assert remove_everywhere(store, "mia", "operator") == ["Livers", "Other"]
    assert projects_of(store, "mia") == []
    assert remove_everywhere(store, "mia", "operator") == []


def test_a_project_that_nobody_else_administers_needs_a_successor(store: AnnotationStore) -> None:
    keys = [create_project(store, name, "max").key for name in ("One", "Two")]
    set_roles(store, keys[0], "lea", {Role.ADMINISTER}, "max")
    for successor in (None, "max"):
        with pytest.raises(MoveRefused, match="“Two”; name a successor"):
            remove_everywhere(store, "max", "operator", successor=successor)
        assert len(projects_of(store, "max")) == 2
    remove_everywhere(store, "max", "operator", successor="lea")
    assert [one.person for one in members_of(store, keys[1], "lea")] == ["lea"]
