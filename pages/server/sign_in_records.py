"""What the audit log is told of signing in and out."""

import asyncio
import logging
import os
from functools import cache

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import Message, Scope
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from core.annotation.database import Database, open_database
from core.annotation.records import StoreError
from core.audit.entries import Action, add_entry
from core.home.settings import SettingsError, read_settings
from pages.server.identities import Identity, identity_in
from pages.server.origins import LOOPBACK

_logger = logging.getLogger(__name__)


async def record(scope: Scope, person: str, action: Action) -> None:
    """Add an entry of a request.

    Where that fails, the server's own log tells: nobody is kept from signing out, and who has
    signed in can open nothing as long as the store cannot be written.

    Parameters
    ----------
    scope : ASGI scope
        Of the request.
    person : str
        Who sent it; blank where nobody can be named.
    action : Action
        What it does.
    """
    client = HTTPConnection(scope).client
    host = client.host if client is not None else LOOPBACK[0]
    try:
        await asyncio.to_thread(_add, person, host, action)
    except (StoreError, SettingsError) as error:
        _logger.error("The audit log cannot be written: %s", error)


def _add(person: str, host: str, action: Action) -> None:
    add_entry(_database(), person, host, action)


@cache
def _database() -> Database:
    return open_database(read_settings(os.environ).database)


def signed_in_by(message: Message) -> tuple[bool, Identity | None]:
    """Whether an answer signs somebody in, and whom, if that can be told.

    Parameters
    ----------
    message : ASGI message
        That starts the answer to whoever comes back from the provider.
    """
    cookies = Headers(raw=message["headers"]).getlist("set-cookie")
    given = cookie_parser("; ".join(cookie.partition(";")[0] for cookie in cookies))
    kept = {name: value for name, value in given.items() if value not in ("", "null")}
    return any(name.startswith(USER_COOKIE_NAME) for name in kept), identity_in(kept)
