"""Which requests come from our own pages, told by their headers alone.

A page of another site can have the browser of a person send requests here, even under the name of
that site, once its name leads to this machine (DNS rebinding). The browser itself says in headers
that pages cannot change where a request goes and which page sends it.
"""

import re
from collections.abc import Collection, Mapping, Sequence

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z_.-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_READING = frozenset(["GET", "HEAD"])

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names under which this machine reaches itself."""


def refusal(
    kind: str,
    method: str,
    headers: Mapping[str, Sequence[str]],
    hosts: Collection[str],
    origins: Collection[str],
) -> str:
    """Say why a request is not answered; "" where it is.

    Parameters
    ----------
    kind : str
        "http" or "websocket".
    method : str
        Such as "GET".
    headers : mapping of str to sequence of str
        All values by name in small letters.
    hosts : collection of str
        Names under which the server is reached, without ports; "*.example.org" for all below.
    origins : collection of str
        Of other sites whose pages may send requests, such as "https://example.org".

    Returns
    -------
    str
        One sentence for whoever set up the server.
    """
    given = headers.get("host", ())
    host = given[0] if len(given) == 1 else ""
    if not is_named(host, hosts):
        return "Slicewise is not reached under this name; see server.allowedHosts."
    senders = headers.get("origin", ())
    if any(not _is_own(sender, host, origins) for sender in senders):
        return "Slicewise answers its own pages only."
    if not senders and (kind == "websocket" or method not in _READING):
        return "Slicewise answers pages only that say where they come from."
    if not senders and not _may_read(headers):
        return "Slicewise answers its own pages only."
    return ""


def is_named(host: str, hosts: Collection[str]) -> bool:
    """Tell whether a Host header has one of some names, with any port."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].strip("[]").lower()
    return any(
        name.endswith(allowed[1:]) if allowed.startswith("*.") else name == allowed
        for allowed in (one.strip().strip("[]").lower() for one in hosts)
    )


def _is_own(origin: str, host: str, origins: Collection[str]) -> bool:
    # A proxy may encrypt what comes here unencrypted, so the scheme is not compared.
    scheme, _, place = origin.partition("://")
    is_same = scheme in ("http", "https") and place.lower() == host.lower()
    return is_same or origin in origins


def _may_read(headers: Mapping[str, Sequence[str]]) -> bool:
    """Whether a request without origin may be answered: it is ours, or opens a page by itself."""
    if not set(headers.get("sec-fetch-site", ())) & {"cross-site", "same-site"}:
        return True
    is_link = list(headers.get("sec-fetch-dest", ())) == ["document"]
    return is_link and list(headers.get("sec-fetch-mode", ())) == ["navigate"]
