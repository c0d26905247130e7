import pytest

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.projects.projects import (
    change_project,
    create_project,
    project_for,
    projects_of,
    set_retention,
)
from core.projects.records import AccessRefused, MoveRefused


def test_projects_are_listed_by_name_for_their_members(store: AnnotationStore) -> None:
    for name in ("Spleens", "aortas"):
        create_project(store, name, "zoe")
    create_project(store, "Kidneys", "yuri")
    assert [one.name for one in projects_of(store, "zoe")] == ["aortas", "Spleens"]


def test_properties_change_as_new_versions(store: AnnotationStore, project_key: str) -> None:
    change_project(store, project_key, "ada", name="Livers 2", second_reading_share=0.2)
    set_retention(store, project_key, "ada", 30)
    found = project_for(store, project_key, "anna")
    assert (found.name, found.second_reading_share) == ("Livers 2", 0.2)
    assert (found.retention_days, found.version) == (30, 3)
    assert set_retention(store, project_key, "ada", None).retention_days is None


def test_a_change_to_the_same_is_none(store: AnnotationStore, project_key: str) -> None:
    assert change_project(store, project_key, "ada", name="Livers").version == 1


@pytest.mark.parametrize("person", ["anna", "rita"])
def test_only_administrators_change_a_project(
    store: AnnotationStore, project_key: str, person: str
) -> None:
    with pytest.raises(AccessRefused):
        change_project(store, project_key, person, name="Mine")


def test_an_archived_project_can_be_read_and_brought_back(
    store: AnnotationStore, project_key: str
) -> None:
    change_project(store, project_key, "ada", archived=True)
    assert project_for(store, project_key, "anna").archived
    assert project_key not in [one.key for one in projects_of(store, "anna")]
    assert project_key in [one.key for one in projects_of(store, "anna", archived=True)]
    with pytest.raises(MoveRefused, match="archived"):
        change_project(store, project_key, "ada", name="Other")
    assert not change_project(store, project_key, "ada", archived=False).archived


@pytest.mark.parametrize("name", ["", "\n", "a\tb", "x" * 101, "\u2066Livers", "Liv\x85ers"])
def test_names_that_cannot_be_shown_are_refused(store: AnnotationStore, name: str) -> None:
    with pytest.raises(StoreError, match="name of a project"):
        create_project(store, name, "ada")


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_share_lies_between_none_and_all(store: AnnotationStore, share: float) -> None:
    with pytest.raises(StoreError, match="between 0 and 1"):
        create_project(store, "Livers", "ada", second_reading_share=share)


@pytest.mark.parametrize("days", [0, -1, 10**9])
def test_a_retention_is_a_number_of_days(store: AnnotationStore, days: int) -> None:
    with pytest.raises(StoreError, match="kept for 1 to"):
        create_project(store, "Livers", "ada", retention_days=days)
