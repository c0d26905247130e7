"""A store that asks for the roles of its person at every read and every write."""

import pytest

from core.annotation.ends import state_end, stated_ends
from core.annotation.revision import revision
from core.annotation.store import AnnotationStore
from core.projects.guarding import store_for
from core.projects.members import remove_member, set_roles
from core.projects.moves import move
from core.projects.projects import create_project
from core.projects.records import AccessRefused, MoveRefused, Role, WorkState
from core.segments.ends import End
from tests.support.projects import add
from tests.support.segments import LIVER_SEGMENT
from tests.support.stored_series import COLUMNS, ROWS, SERIES, SLICES, put_mask, square


@pytest.fixture
def key(store: AnnotationStore, project_key: str) -> str:
    """Key of a reading that anna has begun, with a mask on slice 1."""
    key = add(store, project_key).annotation_key
    store.save_segment(key, LIVER_SEGMENT, "anna")
    move(store, key, WorkState.IN_PROGRESS, "anna")
    put_mask(store, key, 1, 1, mask=square(3), person="anna")
    return key


def test_whoever_a_reading_is_assigned_to_reads_and_changes_it(
    store: AnnotationStore, key: str
) -> None:
    own = store_for(store, "anna")
    put_mask(own, key, 1, 2, mask=square(3), person="anna")
    assert sorted(own.annotation(key)) == [(1, 1), (1, 2)]
    assert own.undo(key, "anna") == [(1, 2)]


def test_other_members_read_and_are_told_why_they_change_nothing(
    store: AnnotationStore, key: str
) -> None:
    other = store_for(store, "rita")
    assert sorted(other.annotation(key)) == [(1, 1)]
    with pytest.raises(MoveRefused, match="roles"):
        put_mask(other, key, 1, 2, mask=square(3), person="rita")
    with pytest.raises(MoveRefused, match="take it from the worklist"):
        store_for(store, "ben").undo(key, "ben")
    assert sorted(store.annotation(key)) == [(1, 1)]


def test_strangers_get_the_same_sentence_for_what_is_there_and_what_is_not(
    store: AnnotationStore, key: str
) -> None:
    create_project(store, "Kidneys", "mallory")
    stranger = store_for(store, "mallory")
    sentences = set()
    for one in (key, "a" + 32 * "0"):
        for refused in (
            lambda one=one: stranger.segments(one),
            lambda one=one: stranger.annotation(one),
            lambda one=one: stranger.slice(one, 1, 1),
            lambda one=one: stranger.next_steps(one, "anna"),
            lambda one=one: stranger.versions_stored(one, ("client", 1)),
            lambda one=one: stranger.save_segment(one, LIVER_SEGMENT, "mallory"),
            lambda one=one: stranger.open_annotation(one, ["1"] * SLICES, ROWS, COLUMNS),
            lambda one=one: stated_ends(stranger, one),
            lambda one=one: revision(stranger, one),
            lambda one=one: state_end(stranger, one, 1, End.FIRST, 1, person="mallory"),
        ):
            with pytest.raises(AccessRefused) as caught:
                refused()
            sentences.add(str(caught.value))
    assert len(sentences) == 1


def test_a_role_that_is_taken_away_is_gone_at_the_next_read_and_write(
    store: AnnotationStore, project_key: str, key: str
) -> None:
    own = store_for(store, "anna")
    set_roles(store, project_key, "anna", {Role.REVIEW}, "ada")
    assert sorted(own.annotation(key)) == [(1, 1)]
    with pytest.raises(MoveRefused):
        put_mask(own, key, 1, 2, mask=square(3), person="anna")
    remove_member(store, project_key, "anna", "ada")
    with pytest.raises(AccessRefused):
        own.annotation(key)
    with pytest.raises(AccessRefused):
        put_mask(own, key, 1, 2, mask=square(3), person="anna")


def test_a_reading_that_was_handed_in_does_not_change_any_more(
    store: AnnotationStore, key: str
) -> None:
    move(store, key, WorkState.TO_REVIEW, "anna")
    with pytest.raises(MoveRefused, match="to review"):
        put_mask(store_for(store, "anna"), key, 1, 2, mask=square(3), person="anna")


def test_annotations_outside_projects_are_everybodys(store: AnnotationStore) -> None:
    anybody = store_for(store, "anybody")
    anybody.open_annotation(SERIES, [f"1.2.{one}" for one in range(SLICES)], ROWS, COLUMNS)
    anybody.save_segment(SERIES, LIVER_SEGMENT, "anybody")
    assert anybody.segments(SERIES) == [LIVER_SEGMENT]
