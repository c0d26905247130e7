import pytest

from core.annotation.states import (
    EXAMPLE_STATES,
    STATE_NAMES,
    SliceState,
    describe_states,
    state_after_drawing,
    state_of_mask,
)


def test_only_what_a_person_confirmed_is_an_example() -> None:
    assert set(SliceState) - EXAMPLE_STATES == {SliceState.EMPTY, SliceState.PROPOSED}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SliceState.EMPTY, SliceState.DRAWN),
        (SliceState.DRAWN, SliceState.DRAWN),
        (SliceState.CONFIRMED_EMPTY, SliceState.DRAWN),
        (SliceState.PROPOSED, SliceState.CORRECTED),
        (SliceState.ACCEPTED, SliceState.CORRECTED),
        (SliceState.CORRECTED, SliceState.CORRECTED),
    ],
)
def test_drawing_on_a_proposal_corrects_it(before: SliceState, after: SliceState) -> None:
    assert state_after_drawing(before) is after


def test_a_mask_without_pixels_is_empty_unless_somebody_confirmed_that() -> None:
    cleared = {state: state_of_mask(state, has_pixels=False) for state in SliceState}
    confirmed = cleared.pop(SliceState.CONFIRMED_EMPTY)
    assert confirmed is SliceState.CONFIRMED_EMPTY
    assert set(cleared.values()) == {SliceState.EMPTY}


@pytest.mark.parametrize("state", [SliceState.EMPTY, SliceState.CONFIRMED_EMPTY])
def test_a_mask_with_pixels_cannot_be_called_empty(state: SliceState) -> None:
    with pytest.raises(ValueError, match="cannot be called empty"):
        state_of_mask(state, has_pixels=True)


def test_every_state_has_a_name_of_its_own() -> None:
    assert set(STATE_NAMES) == set(SliceState)
    assert len(set(STATE_NAMES.values())) == len(SliceState)


def test_a_browser_learns_of_every_state_and_which_ones_are_examples() -> None:
    described = describe_states()
    assert list(described) == [str(state) for state in SliceState]
    assert {SliceState(name) for name, one in described.items() if one["isExample"]} == set(
        EXAMPLE_STATES
    )
    assert described["proposed"]["afterDrawing"] == "corrected"
    assert [name for name, one in described.items() if one["legend"] is None] == ["empty"]
