"""Going through the slices of a picture by a slider, and by the wheel over it."""

from collections.abc import Callable
from importlib.resources import files

import streamlit as st

_STYLE = """
:host {display: block;}
div {display: flex; gap: 0.8rem; align-items: center; width: 100%;}
input {flex: 1 1 100%; accent-color: var(--st-primary-color);}
output {flex: none; font-variant-numeric: tabular-nums;}
"""


def slice_scroller(
    slices: int, current: int, key: str, picture: str, on_choose: Callable[[int], None]
) -> None:
    """Show the slider.

    Parameters
    ----------
    slices : int
        Number of slices of the series.
    current : int
        Slice index that is shown.
    key : str
        Key of the element on its page.
    picture : str
        Key of the container that holds the picture.
    on_choose : callable
        Called with the slice index that a person chose, before the page is drawn again.
    """
    script = (files("pages.views") / "slice_scroller.js").read_text(encoding="utf-8")
    component = st.components.v2.component(
        "slicewise_slice_scroller",
        html='<div><input type="range" min="1" aria-label="Slice"><output></output></div>',
        css=_STYLE,
        js=script,
    )

    def choose() -> None:
        chosen = st.session_state[key].get("slice")
        if isinstance(chosen, int) and 0 <= chosen < slices:
            on_choose(chosen)

    component(
        data={"slices": slices, "current": current, "picture": f".st-key-{picture}"},
        key=key,
        on_slice_change=choose,
    )
