"""A strip of all slices of a series with the state of each; a click goes there."""

from collections.abc import Mapping, Sequence
from importlib.resources import files

import streamlit as st

from core.annotation.states import SliceState
from core.annotation.store import SliceAnnotation

_LEGEND = "".join(
    f'<span><i class="tick {state}" style="--quality:0.6"></i>{text}</span>'
    for state, text in (
        (SliceState.DRAWN, "drawn"),
        (SliceState.PROPOSED, "proposed (height: expected quality)"),
        (SliceState.ACCEPTED, "accepted"),
        (SliceState.CORRECTED, "corrected"),
        (SliceState.CONFIRMED_EMPTY, "it is not here"),
    )
)


def state_strip(
    slices: int, annotations: Mapping[int, SliceAnnotation], current: int, key: str
) -> int | None:
    """Show the strip.

    Parameters
    ----------
    slices : int
        Number of slices of the series.
    annotations : mapping of int to SliceAnnotation
        Of the segment shown, by slice index; untouched slices may be missing.
    current : int
        Slice index to mark.
    key : str
        Key of the element on its page.

    Returns
    -------
    int or None
        Slice index that was clicked just now.
    """
    folder = files("pages.components")
    component = st.components.v2.component(
        "slicewise_state_strip",
        html=f'<div class="strip" role="group" aria-label="Slices"></div>'
        f'<div class="legend">{_LEGEND}</div>',
        css=(folder / "state_strip.css").read_text(encoding="utf-8"),
        js=(folder / "state_strip.js").read_text(encoding="utf-8"),
    )
    states: Sequence[str] = [
        annotations[index].state if index in annotations else SliceState.EMPTY
        for index in range(slices)
    ]
    expected = [
        annotations[index].expected_dice
        if index in annotations and annotations[index].state is SliceState.PROPOSED
        else None
        for index in range(slices)
    ]
    result = component(
        data={"states": list(states), "expected": expected, "current": current},
        key=key,
        on_slice_change=lambda: None,
    )
    clicked = result.get("slice")
    return clicked if isinstance(clicked, int) and 0 <= clicked < slices else None
