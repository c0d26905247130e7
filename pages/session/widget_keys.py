"""Values of widgets that outlive a change of page, unlike Streamlit's own widget state."""

from typing import Any

import streamlit as st


def kept(name: str, default: Any) -> str:
    """Key for a widget whose value is kept for the session.

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
    store = f"kept.{name}"
    if name in st.session_state:
        st.session_state[store] = st.session_state[name]
    else:
        st.session_state[name] = st.session_state.get(store, default)
    return name
