"""What the audit log is told of what people do on pages."""

import streamlit as st

from core.annotation.store import AnnotationStore
from core.audit.entries import Action, add_entry
from core.home.secret import opaque_name
from pages.server.origins import LOOPBACK
from pages.session.gate import Entrance


def record(
    entrance: Entrance,
    store: AnnotationStore,
    action: Action,
    *,
    subject: str = "",
    detail: str = "",
) -> None:
    """Add an entry of whoever works in this tab.

    Parameters
    ----------
    entrance : Entrance
        From the gate.
    store : AnnotationStore
        Whose database holds the log.
    action : Action
        What is done.
    subject : str
        Key of the opened series, or what `unnamed` makes of another name.
    detail : str
        More about it: never a name, UID or file name that leads to a patient.

    Raises
    ------
    StoreError
        If it cannot be written; what it is about must not be done then.
    """
    client = client_address()
    add_entry(store.database, entrance.person, client, action, subject=subject, detail=detail)


def client_address() -> str:
    """Address of the network that the request comes from which this thread answers."""
    # Streamlit names no address for this machine itself.
    return st.context.ip_address or LOOPBACK[0]


def unnamed(entrance: Entrance, name: str) -> str:
    """Opaque name for a UID or a folder, always the same on this server."""
    return opaque_name(entrance.settings.home, name)
