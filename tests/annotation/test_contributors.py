"""Who made the masks of an annotation."""

from datetime import UTC, datetime

from core.annotation.contributors import NOBODY, Contributors, people_who_drew
from core.annotation.records import SliceAnnotation
from core.annotation.states import SliceState


def drawn(index: int, person: str, state: SliceState = SliceState.DRAWN) -> SliceAnnotation:
    """A slice that somebody changed last."""
    return SliceAnnotation(1, index, (4, 4), state, 1, person=person)


def test_whoever_drew_most_slices_comes_first() -> None:
    masks = [drawn(0, "ben"), drawn(1, "anna"), drawn(2, "anna"), drawn(3, "carl")]
    assert people_who_drew(masks) == ("anna", "ben", "carl")


def test_proposals_that_nobody_confirmed_are_nobodys() -> None:
    masks = [drawn(0, "ben", SliceState.PROPOSED), drawn(1, "anna", SliceState.CONFIRMED_EMPTY)]
    assert people_who_drew(masks) == ("anna",)


def test_an_adjudicated_annotation_is_named_after_the_adjudicator() -> None:
    assert Contributors(("anna", "ben"), adjudicated="rita").creator == "rita"
    assert Contributors(("anna", "ben")).creator == "anna"
    assert NOBODY.creator == ""


def test_nobody_answers_for_what_is_not_finished() -> None:
    now = datetime.now(UTC)
    assert Contributors(("anna",), reviewed="rita", finished=now).approved_by == "rita"
    assert Contributors(("anna",), adjudicated="rita", finished=now).approved_by == "rita"
    assert Contributors(("anna",), adjudicated="rita").approved_by == ""
