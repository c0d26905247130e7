"""Menus whose button shows an icon alone, and has a name for those who do not see it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

ICON_MENU_STYLE = """
<style>
[class*="st-key-icon-menu-"] [data-testid="stPopoverButton"] [data-testid="stMarkdownContainer"] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
</style>
"""
"""To be put on the page of such menus."""


def icon_menu(name: str, icon: str, key: str) -> DeltaGenerator:
    """Show a button that opens a menu.

    Parameters
    ----------
    name : str
        What it is for: shown beside the pointer, and read out.
    icon : str
        Of Material Symbols, as Streamlit writes them.
    key : str
        Tells it from other menus.

    Returns
    -------
    DeltaGenerator
        The menu.
    """
    return st.popover(name, icon=icon, help=name, key=f"icon-menu-{key}")
