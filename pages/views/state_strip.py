"""A slider and a strip of all slices of a series, with the state of each slice."""

from collections.abc import Callable, Mapping
from importlib.resources import files

import streamlit as st

from core.annotation.states import STATE_COLORS, STATE_LEGEND, SliceState, describe_states
from core.annotation.store import SliceAnnotation
from core.segments.ends import UNSTATED, Ends

_LEGEND = "".join(
    f'<span><i class="tick {state}" style="--quality:0.6;--state:{STATE_COLORS.get(state, "")}">'
    f"</i>{text}</span>"
    for state, text in STATE_LEGEND.items()
)
_LEGEND_OF_ENDS = '<span><i class="tick first last"></i>first and last slice</span>'


def state_strip(
    slices: int,
    annotations: Mapping[int, SliceAnnotation],
    current: int,
    key: str,
    on_choose: Callable[[int], None],
    ends: Ends = UNSTATED,
) -> None:
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
    on_choose : callable
        Called with the slice index that a person chose, before the page is drawn again.
    ends : Ends
        First and last slice of the segment, where they are stated.
    """
    folder = files("pages.views")
    component = st.components.v2.component(
        "slicewise_state_strip",
        html='<input type="range" min="1" aria-label="Slice">'
        '<div class="strip" role="group" aria-label="Slices"></div>'
        f'<div class="legend">{_LEGEND}{_LEGEND_OF_ENDS}</div>',
        css=(folder / "state_strip.css").read_text(encoding="utf-8"),
        js=(folder / "state_strip.js").read_text(encoding="utf-8"),
    )
    described = describe_states()
    untouched = SliceAnnotation(0, 0, (1, 1))
    shown = [annotations.get(index, untouched) for index in range(slices)]

    def choose() -> None:
        chosen = st.session_state[key].get("slice")
        if isinstance(chosen, int) and 0 <= chosen < slices:
            on_choose(chosen)

    component(
        data={
            "names": {state: about["name"] for state, about in described.items()},
            "colors": {state: about["color"] or "" for state, about in described.items()},
            "states": [str(annotation.state) for annotation in shown],
            "expected": [
                annotation.expected_dice if annotation.state is SliceState.PROPOSED else None
                for annotation in shown
            ],
            "current": current,
            "first": ends.first,
            "last": ends.last,
        },
        key=key,
        on_slice_change=choose,
    )
