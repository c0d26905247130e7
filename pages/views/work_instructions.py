"""The protocol of a project beside the reading that is annotated by it."""

import streamlit as st

from core.projects.protocols import protocol_of
from core.projects.records import WorkItem
from pages.session.work import Work
from pages.views.formatting import plain


def instructions_button(work: Work, item: WorkItem) -> None:
    """Offer what the protocol says, of all and of each segment; nothing where it says nothing.

    Parameters
    ----------
    work : Work
        What is open.
    item : WorkItem
        The reading of a project.
    """
    protocol = protocol_of(work.store, item.project_key, work.person)
    said = [one for one in protocol.segments if one.instructions]
    if not said and not protocol.instructions:
        return
    with st.popover("Instructions", icon=":material/menu_book:"):
        for paragraph in protocol.instructions.splitlines():
            st.markdown(plain(paragraph))
        for one in said:
            lines = "  \n".join(plain(line) for line in one.instructions.splitlines())
            st.markdown(f"**{plain(one.label)}**  \n{lines}")
