"""Keys of widgets with a meaning: values that persist, clicks that wait until all is saved."""

from typing import Any

import streamlit as st

LEAVING = "leave-"
"""How keys begin of buttons that wait, in the browser, until everything drawn is saved."""

OTHER_PAGE = f"{LEAVING}page-"
"""How keys begin of those among them that open another page."""


def persistent_widget_key(name: str, default: Any) -> str:
    """Key for a widget whose value outlives a change of page, unlike Streamlit's own state.

    Parameters
    ----------
    name : str
        Key of the widget.
    default : Any
        Its first value.

    Returns
    -------
    str
        `name`, with its session state set.
    """
    store = f"persistent.{name}"
    if name in st.session_state:
        st.session_state[store] = st.session_state[name]
    else:
        st.session_state[name] = st.session_state.get(store, default)
    return name


def leaving_key(name: str, *, to_page: bool = False) -> str:
    """Key for a button that must not act before everything drawn is saved.

    Streamlit writes keys into the page as classes ``st-key-…``. The editors look for those that
    begin with ``LEAVING``, hold back a click on such a button while a stroke is under way, and
    repeat it once the stroke is saved. After a click on one that begins with ``OTHER_PAGE`` they
    send nothing until the other page is there.

    Parameters
    ----------
    name : str
        Names the button; letters, digits and hyphens.
    to_page : bool
        Whether the button opens another page.

    Returns
    -------
    str
        The key.
    """
    return f"{OTHER_PAGE if to_page else LEAVING}{name}"
