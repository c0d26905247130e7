"""Five steps through the pages for a first visit, in the header, where they cover nothing."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.home.tour import close_tour, is_tour_open, open_tour
from pages.session.gate import Entrance

_STEPS = {
    1: "**Find a series**: upload DICOM files, or try the demonstration.",
    2: "**Name a structure**: it gets its code from an anatomy list.",
    3: "**Draw on about three slices**, then propose the others.",
    4: "**Review what is proposed**, the least certain first: accept, correct or reject.",
    5: "**Choose what to write**, then create and download the file.",
}
"""In Markdown, by number."""

_STYLE = """
<style>
.st-key-tour {position: fixed; z-index: 999991; top: 0.35rem; left: 26rem; right: 4.5rem;
              width: auto; height: 3.2rem; align-items: center; flex-wrap: nowrap;}
.st-key-tour p {font-size: 0.86rem; line-height: 1.25;}
@media (max-width: 900px) {.st-key-tour {position: static; height: auto;}}
</style>
"""


def show_tour(entrance: Entrance, step: int) -> None:
    """Show a step of the tour to whoever has begun it and not closed it.

    Parameters
    ----------
    entrance : Entrance
        Settings and person.
    step : int
        From 1 to 5.
    """
    if not is_tour_open(entrance.settings.home, entrance.person):
        return
    st.html(_STYLE)
    with st.container(key="tour", horizontal=True, vertical_alignment="center"):
        st.markdown(f"{step} of {len(_STEPS)} · {_STEPS[step]}")
        st.button("Close tour", type="tertiary", on_click=lambda: _change(entrance, close_tour))


def offer_tour(entrance: Entrance) -> None:
    """Offer to show the tour again."""
    if not is_tour_open(entrance.settings.home, entrance.person):
        st.button("Show the tour", type="tertiary", on_click=lambda: _change(entrance, open_tour))


def _change(entrance: Entrance, move: Callable[[Path, str], None]) -> None:
    """Open or close the tour of whoever is signed in when the button is clicked."""
    move(entrance.settings.home, entrance.person)
