"""Comments are pinned, answered and resolved."""

import pytest

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.projects.comments import add_comment, comments_on, resolve_comment
from core.projects.protocols import read_protocol_segments, set_protocol
from tests.support.projects import add
from tests.support.stored_series import SLICES


@pytest.fixture
def key(store: AnnotationStore, project_key: str) -> str:
    """Key of an annotation with one segment."""
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    return add(store, project_key).annotation_key


def test_a_comment_is_pinned_answered_and_resolved(store: AnnotationStore, key: str) -> None:
    said = add_comment(store, key, " Too small. ", "rita", slice_index=2, segment_number=1)
    add_comment(store, key, "Larger now.\nBetter?", "anna", answer_to=said)
    resolve_comment(store, key, said, "rita")
    (found,) = comments_on(store, key, "anna")
    assert (found.text, found.person, found.resolved) == ("Too small.", "rita", True)
    assert (found.slice_index, found.segment_number) == (2, 1)
    assert [(one.text, one.person) for one in found.answers] == [("Larger now.\nBetter?", "anna")]


def test_a_resolved_comment_can_be_opened_again(store: AnnotationStore, key: str) -> None:
    said = add_comment(store, key, "Too small.", "rita")
    for resolved in (True, True, False, False):
        resolve_comment(store, key, said, "rita", resolved=resolved)
        assert comments_on(store, key, "rita")[0].resolved == resolved


@pytest.mark.parametrize(
    "place",
    [
        {"slice_index": -1},
        {"slice_index": SLICES},
        {"segment_number": 2},
        {"answer_to": 10**9},
    ],
)
def test_a_place_that_the_series_does_not_have_is_refused(
    store: AnnotationStore, key: str, place: dict
) -> None:
    with pytest.raises(StoreError, match="no such"):
        add_comment(store, key, "Here.", "rita", **place)


def test_comments_of_another_series_are_neither_answered_nor_resolved(
    store: AnnotationStore, project_key: str, key: str
) -> None:
    said = add_comment(store, key, "Too small.", "rita")
    other = add(store, project_key, 2).annotation_key
    with pytest.raises(StoreError, match="no such comment"):
        add_comment(store, other, "Yes.", "rita", answer_to=said)
    with pytest.raises(StoreError, match="no such comment"):
        resolve_comment(store, other, said, "rita")


@pytest.mark.parametrize("text", ["", " \n", "a\x00", "\u202eabc", "x" * 4001, "\ud800"])
def test_texts_that_cannot_be_shown_are_refused(
    store: AnnotationStore, key: str, text: str
) -> None:
    with pytest.raises(StoreError, match="A comment"):
        add_comment(store, key, text, "rita")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=1+1", "Größe 5 µm ✓", "می‌خواهم"])
def test_any_other_text_is_kept_as_it_is(store: AnnotationStore, key: str, text: str) -> None:
    add_comment(store, key, text, "rita")
    assert comments_on(store, key, "anna")[0].text == text
