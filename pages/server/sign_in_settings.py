"""How people sign in: the section ``[auth]`` of Streamlit's secrets, checked in one place.

`docs/sign-in.md` explains it with an example.
"""

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, urlsplit

from streamlit import config
from streamlit.auth_util import get_redirect_uri, get_secrets_auth_section

from core.home.settings import SettingsError
from pages.server.origins import LOOPBACK, is_named

CALLBACK = "/oauth2callback"
"""Path to which the provider sends people back; Streamlit answers it."""

_KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_SHORTEST_SECRET = 32  # characters; 128 bits in hexadecimal digits
_SET_UP = "set up [auth] in .streamlit/secrets.toml as docs/sign-in.md says"


@dataclass(frozen=True)
class SignIn:
    """Where people sign in.

    Attributes
    ----------
    origin : str
        Scheme, host and port under which people reach Slicewise.
    """

    origin: str


def read_sign_in(section: Mapping[str, object], hosts: Collection[str]) -> SignIn | None:
    """Check the section of the secrets.

    Parameters
    ----------
    section : mapping of str to object
        ``[auth]``; empty where there is none.
    hosts : collection of str
        Names under which the server is reached (``server.allowedHosts``).

    Returns
    -------
    SignIn or None
        None where nobody signs in.

    Raises
    ------
    SettingsError
        If something in it cannot be used.
    """
    if not section:
        return None
    for name in section:
        if isinstance(section[name], Mapping) and name != "client_kwargs":
            raise SettingsError(
                f"[auth.{name}] is not read: put the keys of the one provider into [auth] itself."
            )
    values = {name: section.get(name) for name in _KEYS}
    for name, value in values.items():
        if not isinstance(value, str) or not value.strip():
            raise SettingsError(f"[auth] needs {name}, a text; docs/sign-in.md shows an example.")
    if len(str(values["cookie_secret"])) < _SHORTEST_SECRET:
        raise SettingsError(
            f"cookie_secret in [auth] must have {_SHORTEST_SECRET} characters or more, drawn at "
            "random."
        )
    _checked_address("server_metadata_url", str(values["server_metadata_url"]))
    address = _checked_address("redirect_uri", str(values["redirect_uri"]))
    if not address.path.endswith(CALLBACK):
        raise SettingsError(f"redirect_uri in [auth] must end with {CALLBACK}.")
    if not is_named(address.netloc, hosts):
        raise SettingsError(
            f"redirect_uri in [auth] leads to {address.netloc}, which server.allowedHosts must "
            "name."
        )
    return SignIn(f"{address.scheme}://{address.netloc}")


def _checked_address(name: str, value: str) -> SplitResult:
    try:
        address = urlsplit(value)
        is_whole = address.scheme in ("http", "https") and bool(address.hostname)
        is_whole = is_whole and (address.port is None or address.port > 0)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise SettingsError(f"{name} in [auth] must be an address such as https://example.org/.")
    if address.scheme != "https" and not is_loopback(str(address.hostname)):
        raise SettingsError(f"{name} in [auth] must begin with https:// beyond this machine.")
    return address


def is_loopback(host: str) -> bool:
    """Tell whether a name or an address leads to this machine alone."""
    if host in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@cache
def sign_in() -> SignIn | None:
    """How people sign in to this server, None where nobody does; raises as `read_sign_in`."""
    section = get_secrets_auth_section()
    given = dict(section.to_dict())
    if isinstance(given.get("redirect_uri"), str):
        given["redirect_uri"] = get_redirect_uri(section)  # with the port in the place of {port}
    return read_sign_in(given, config.get_option("server.allowedHosts") or LOOPBACK)


def check_start() -> None:
    """Make sure that nobody but this machine is served without sign-in.

    Raises
    ------
    SettingsError
        If people must sign in and cannot.
    """
    if sign_in() is None:
        check_single_person(
            config.get_option("server.address") or "", config.get_option("server.allowedHosts")
        )


def check_single_person(address: str, hosts: Collection[str]) -> None:
    """Make sure that a server at which nobody signs in is reached from its machine alone.

    Parameters
    ----------
    address : str
        Where it listens (``server.address``); empty for everywhere.
    hosts : collection of str
        Names under which it is reached (``server.allowedHosts``), also by way of a proxy.

    Raises
    ------
    SettingsError
        If it may be reached from elsewhere.
    """
    if not is_loopback(address):
        raise SettingsError(
            f"Slicewise listens beyond this machine, where people must sign in: {_SET_UP}, or set "
            "server.address to 127.0.0.1."
        )
    beyond = next((host for host in hosts if not is_loopback(host)), None)
    if beyond is not None:
        raise SettingsError(
            f"server.allowedHosts names {beyond}, which leads here from beyond this machine, where "
            f"people must sign in: {_SET_UP}, or leave only names of this machine."
        )
