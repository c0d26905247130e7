"""Series in projects, each with annotations of its own."""

from dataclasses import replace

import pytest

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.projects.members import set_roles
from core.projects.moves import move
from core.projects.projects import change_project, create_project
from core.projects.records import AccessRefused, MoveRefused, Role, WorkState
from core.projects.work_items import add_series, work_item_for
from tests.support.projects import SPACING_MM, add, series
from tests.support.stored_series import put_mask, segment, square


def test_series_are_numbered_as_they_come(store: AnnotationStore, project_key: str) -> None:
    items = [add(store, project_key, number) for number in (7, 3)]
    assert [item.number for item in items] == [1, 2]
    found = work_item_for(store, items[0].annotation_key, "anna")
    assert (found.title, found.state, found.assigned) == ("CT abdomen 7", WorkState.TO_DO, None)
    assert (found.spacing_mm, found.opened_key) == (SPACING_MM, f"{7:024x}")


def test_a_series_that_comes_again_stays_as_it_is(store: AnnotationStore, project_key: str) -> None:
    key = add(store, project_key).annotation_key
    begun = move(store, key, WorkState.IN_PROGRESS, "anna")
    assert add_series(store, project_key, series(1), "ben") == [begun]


def test_the_same_series_in_two_projects_is_two_annotations(
    store: AnnotationStore, project_key: str
) -> None:
    other = create_project(store, "Other livers", "ada").key
    here, there = (add(store, key).annotation_key for key in (project_key, other))
    store.save_segment(here, segment(1), "anna")
    put_mask(store, here, 1, 0, mask=square(3))
    assert len(store.annotation(here)) == 1
    assert store.annotation(there) == {}
    assert store.segments(there) == []


@pytest.mark.parametrize("role", [Role.ANNOTATE, Role.ADMINISTER])
def test_whoever_annotates_or_administers_adds_series(
    store: AnnotationStore, project_key: str, role: Role
) -> None:
    set_roles(store, project_key, "otto", {role}, "ada")
    assert len(add_series(store, project_key, series(1), "otto")) == 1


def test_whoever_only_reviews_does_not(store: AnnotationStore, project_key: str) -> None:
    with pytest.raises(AccessRefused):
        add_series(store, project_key, series(1), "rita")


def test_nothing_is_added_to_an_archived_project(store: AnnotationStore, project_key: str) -> None:
    change_project(store, project_key, "ada", archived=True)
    with pytest.raises(MoveRefused, match="archived"):
        add(store, project_key)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "a\nb"},
        {"title": "x" * 201},
        {"series_uid": "1" * 65},
        {"opened_key": "\x00"},
        {"sop_instance_uids": []},
        {"rows": 0},
        {"spacing_mm": (1.0, 0.0, 1.0)},
        {"spacing_mm": (1.0, float("nan"), 1.0)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_series_that_none_can_be_is_refused(
    store: AnnotationStore, project_key: str, wrong: dict
) -> None:
    with pytest.raises(StoreError):
        add_series(store, project_key, replace(series(1), **wrong), "ada")
