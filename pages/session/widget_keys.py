"""Keys of widgets with a meaning: values that persist, clicks that wait until all is saved."""

from typing import Any, TypeVar

import streamlit as st

_Value = TypeVar("_Value")

LEAVING = "leave-"
"""How keys begin of buttons that wait, in the browser, until everything drawn is saved."""

OTHER_PAGE = f"{LEAVING}page-"
"""How keys begin of those among them that open another page."""


def shown_last(name: str, default: Any) -> Any:
    """Value that a widget had last, also on another page, to be shown first by a new one.

    Streamlit forgets a widget's value with its page. Setting it in the session state instead does
    not reach a browser that builds the widget again where it has none: it then shows, and reports,
    the widget's own first value.

    Parameters
    ----------
    name : str
        Key of the widget.
    default : Any
        Its first value.

    Returns
    -------
    Any
        To be given to the widget as its value.
    """
    return st.session_state.get(name, st.session_state.get(_stored(name), default))


def keep_shown(name: str, value: _Value) -> _Value:
    """Keep a widget's value for `shown_last`.

    Parameters
    ----------
    name : str
        Key of the widget.
    value : Any
        What it returned.

    Returns
    -------
    Any
        The same.
    """
    st.session_state[_stored(name)] = value
    return value


def forget_shown(name: str) -> None:
    """Let a widget begin with its first value again."""
    st.session_state.pop(name, None)
    st.session_state.pop(_stored(name), None)


def _stored(name: str) -> str:
    return f"persistent.{name}"


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
