"""Events of the log that belong to a tab."""

from core.home.event_log import Detail, log_event
from pages.server.tabs import tab_identifier


def log_for_tab(event: str, **details: Detail) -> None:
    """Tell that something has happened in the tab that this run of a page is for.

    Parameters
    ----------
    event, **details
        As `core.home.event_log.log_event` takes them.
    """
    log_event(event, tab=tab_identifier(), **details)
