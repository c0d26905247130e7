"""Who may do on pages what concerns the whole server."""

from pages.server.sign_in_settings import sign_in
from pages.session.gate import Entrance


def administers_server(entrance: Entrance) -> bool:
    """Tell whether whoever works in this tab reads the audit log of the whole server.

    Where nobody signs in, there is one person, who may.
    """
    if sign_in() is None:
        return True
    return entrance.person.lower() in entrance.settings.administrators


def may_create_projects(entrance: Entrance) -> bool:
    """Tell whether whoever works in this tab creates projects: anybody, unless some are named."""
    return not entrance.settings.administrators or administers_server(entrance)
