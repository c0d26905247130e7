"""The tabs of browsers that this process serves."""

import hashlib

from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx


def this_tab() -> str:
    """Identify the tab that this run of a page is for."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context is not None else ""


def tab_identifier() -> str:
    """Identify the tab in the log, by a digest: its own identifier would let others take it up."""
    return hashlib.sha256(this_tab().encode()).hexdigest()[:12]


def is_tab_open(tab: str) -> bool:
    """Tell whether a tab is open; without a server, as in tests of pages, each one is."""
    return not exists() or get_instance().is_active_session(tab)
