"""A button that opens a dialog which the page itself shows, as buttons within fragments cannot."""

import streamlit as st

from pages.session.widget_keys import leaving_key

_OPENED = "dialog-button.opened"


def dialog_button(label: str, icon: str, name: str, tip: str, opens: str) -> None:
    """Show a button that waits until everything drawn is saved, and then asks for a dialog.

    Parameters
    ----------
    label : str
        What it says.
    icon : str
        Of Material Symbols, as Streamlit writes them.
    name : str
        Tells it from other buttons; letters and hyphens.
    tip : str
        What it does, for the pointer resting on it.
    opens : str
        Key of the session state that is set until the dialog is closed.
    """
    if st.button(label, icon=icon, key=leaving_key(name), help=tip, width="stretch"):
        st.session_state[opens] = True
        st.session_state[_OPENED] = dialogs_opened() + 1
        st.rerun()


def dialogs_opened() -> int:
    """How many dialogs were asked for: a menu with this in its key is closed when one opens.

    It would lie on top of the dialog otherwise.
    """
    opened: int = st.session_state.get(_OPENED, 0)
    return opened
