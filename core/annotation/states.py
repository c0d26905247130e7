"""The state of one slice for one segment: what follows what, its name and its colour."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class SliceState(StrEnum):
    """What is known about a segment on a slice, and who confirmed it."""

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
"""States that a person confirmed. Only such slices are examples for the model."""

STATE_NAMES: Mapping[SliceState, str] = {
    SliceState.EMPTY: "not annotated",
    SliceState.DRAWN: "drawn",
    SliceState.PROPOSED: "proposed",
    SliceState.ACCEPTED: "accepted",
    SliceState.CORRECTED: "corrected",
    SliceState.CONFIRMED_EMPTY: "not here",
}
"""Names as people read them, within a sentence."""

STATE_COLORS: Mapping[SliceState, str] = {
    SliceState.DRAWN: "#0072b2",
    SliceState.ACCEPTED: "#009e73",
    SliceState.CORRECTED: "#b4a500",
    SliceState.CONFIRMED_EMPTY: "#009e73",
}
"""CSS colours of the states that have one; distinguishable with any colour vision."""

STATE_LEGEND: Mapping[SliceState, str] = {
    SliceState.DRAWN: STATE_NAMES[SliceState.DRAWN],
    SliceState.PROPOSED: f"{STATE_NAMES[SliceState.PROPOSED]} "
    "(height: expected quality; striped: unknown)",
    SliceState.ACCEPTED: STATE_NAMES[SliceState.ACCEPTED],
    SliceState.CORRECTED: STATE_NAMES[SliceState.CORRECTED],
    SliceState.CONFIRMED_EMPTY: STATE_NAMES[SliceState.CONFIRMED_EMPTY],
}
"""Text of the legend under a strip of slices, in the order in which it is shown."""

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


def describe_states() -> dict[str, dict[str, Any]]:
    """All that a browser needs to know about states, as JSON.

    Returns
    -------
    dict
        By state: `name`; `color`, a CSS colour or None; `legend`, None where a legend leaves the
        state out; `isExample`; and `afterDrawing`, the state once a person has drawn on the slice.
    """
    return {
        str(state): {
            "name": STATE_NAMES[state],
            "color": STATE_COLORS.get(state),
            "legend": STATE_LEGEND.get(state),
            "isExample": state in EXAMPLE_STATES,
            "afterDrawing": str(state_after_drawing(state)),
        }
        for state in SliceState
    }
