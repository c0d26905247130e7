"""Menus whose fields are built only while they are open.

The row above a slice is built anew after most strokes, and the fields of its menus took longer than
all the rest of it.
"""

from collections.abc import Callable

import streamlit as st
from streamlit.elements.lib.mutable_popover_container import PopoverContainer

MENU_STYLE = """
<style>
@keyframes menu-waits {to {opacity: 1;}}
[data-testid="stPopoverBody"]:not(:has([data-testid="stElementContainer"]))::before {
  content: "Waiting for the server…"; opacity: 0; animation: menu-waits 0s 1s forwards;
}
</style>
"""
"""To be put on the page of such menus."""


def late_menu(name: str, icon: str, key: str, show: Callable[[], None]) -> None:
    """Show a button, as wide as there is place, that opens a menu.

    Parameters
    ----------
    name : str
        What the button says.
    icon : str
        Of Material Symbols, as Streamlit writes them.
    key : str
        Tells it from other menus; with another one, the menu is closed.
    show : callable
        Shows what the menu holds; called only while it is open, and once more when it is closed.
    """
    _fill(st.popover(name, icon=icon, width="stretch", key=key, on_change="rerun"), key, show)


def late_icon_menu(name: str, icon: str, key: str, show: Callable[[], None]) -> None:
    """Show a button as `icon_menu` does; parameters as for `late_menu`."""
    key = f"icon-menu-{key}"
    _fill(st.popover(name, icon=icon, help=name, key=key, on_change="rerun"), key, show)


def _fill(opened: PopoverContainer, key: str, show: Callable[[], None]) -> None:
    was_open = f"menu.{key}"
    # What was typed last may come together with the closing: the fields are read once more then.
    if opened.open or st.session_state.get(was_open):
        with opened:
            show()
    st.session_state[was_open] = opened.open
