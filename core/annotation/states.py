"""The state of one slice for one segment, and what may follow what."""

from enum import StrEnum


class SliceState(StrEnum):
    """What is known about a segment on a slice, and who stands behind it."""

    EMPTY = "empty"
    DRAWN = "drawn"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    CONFIRMED_EMPTY = "confirmed_empty"


EXAMPLE_STATES: frozenset[SliceState] = frozenset(
    {
        SliceState.DRAWN,
        SliceState.ACCEPTED,
        SliceState.CORRECTED,
        SliceState.CONFIRMED_EMPTY,
    }
)
"""States a person stands behind. Only such slices are examples for the model."""

_FROM_A_PROPOSAL = frozenset({SliceState.PROPOSED, SliceState.ACCEPTED, SliceState.CORRECTED})


def state_after_drawing(current: SliceState) -> SliceState:
    """State of a slice once a person has drawn on it.

    Parameters
    ----------
    current : SliceState
        State before the person drew.

    Returns
    -------
    SliceState
        ``CORRECTED`` where a proposal lies underneath, else ``DRAWN``.
    """
    return SliceState.CORRECTED if current in _FROM_A_PROPOSAL else SliceState.DRAWN


def state_of_mask(state: SliceState, has_pixels: bool) -> SliceState:
    """State a slice really has, given whether its mask marks anything.

    A cleared mask is ``EMPTY`` whatever it was before: that a structure is absent is a statement of
    its own (``CONFIRMED_EMPTY``), which no eraser makes by accident.

    Parameters
    ----------
    state : SliceState
        State asked for.
    has_pixels : bool
        Whether the mask marks at least one pixel.

    Returns
    -------
    SliceState
        `state`, or ``EMPTY`` for a mask without pixels that nobody confirmed.

    Raises
    ------
    ValueError
        If a slice that marks pixels is called empty.
    """
    if has_pixels:
        if state in (SliceState.EMPTY, SliceState.CONFIRMED_EMPTY):
            raise ValueError("A slice with marked pixels cannot be called empty; clear it first.")
        return state
    return state if state is SliceState.CONFIRMED_EMPTY else SliceState.EMPTY
