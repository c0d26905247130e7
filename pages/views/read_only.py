"""What stands above an annotation that may be looked at and not changed: why, in one line."""

import html
from collections.abc import Callable

import streamlit as st

from core.dicom.shown_names import isolated

_STYLE = """
<style>
.st-key-read-only {flex-wrap: nowrap; min-height: 2.5rem;}
.st-key-read-only .reason {margin: 0;}
</style>
"""


def read_only_line(reason: str, beside: Callable[[], None] = lambda: None) -> None:
    """Say why nothing can be changed.

    Parameters
    ----------
    reason : str
        One sentence.
    beside : callable
        Shows buttons for looking, at the end of the line.
    """
    st.html(_STYLE)
    with st.container(horizontal=True, vertical_alignment="center", key="read-only"):
        st.html(f'<p class="reason" role="status">View only: {html.escape(isolated(reason))}</p>')
        beside()
