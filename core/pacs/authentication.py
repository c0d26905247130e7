"""Authentication at the archive: basic login, bearer tokens that are renewed, certificates."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.util import parse_url

from core.pacs.settings import Archive, ArchiveError, Bearer

# A token is renewed this long before it ends, so that none ends on its way.
_MARGIN_S = 30.0


def open_session(archive: Archive) -> requests.Session:
    """Open a session that verifies the certificate of the archive and logs in to it.

    Parameters
    ----------
    archive : Archive
        From `read_archive`.

    Returns
    -------
    requests.Session
        Independent of the environment, whose settings of certificates and netrc files would
        otherwise take precedence.
    """
    session = _session_without_login(archive, archive.url, f"The {archive.name}", "url")
    if archive.client_certificate:
        certificate = _path(archive.client_certificate)
        key = _path(archive.client_key)
        session.cert = (certificate, key) if key else certificate
    if archive.basic is not None:
        session.auth = HTTPBasicAuth(
            archive.basic.user.encode("utf-8"), archive.basic.password.encode("utf-8")
        )
    if archive.bearer is not None:
        session.auth = BearerAuth(archive.bearer, lambda form: _ask_for_token(archive, form))
    return session


class BearerAuth(AuthBase):
    """Adds the token to requests, renewing it before it ends and when the archive refuses it.

    Parameters
    ----------
    bearer : Bearer
        Where the token comes from.
    ask : callable
        Posts a form to the token endpoint and returns its JSON answer.
    """

    def __init__(self, bearer: Bearer, ask: Callable[[dict[str, str]], dict[str, object]]) -> None:
        self._bearer = bearer
        self._ask = ask
        self._token = bearer.token
        self._refresh_token = bearer.refresh_token
        self._ends = float("inf")
        self._lock = threading.Lock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on a request."""
        with self._lock:
            if not self._token or time.monotonic() > self._ends - _MARGIN_S:
                self._renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        request.register_hook("response", self._retry)
        return request

    def _retry(self, response: requests.Response, **options: Any) -> requests.Response:
        """Send a refused request once more, with a new token if there is one."""
        used = response.request.headers.get("Authorization")
        if response.status_code != requests.codes.unauthorized or not self._can_renew:
            return response
        with self._lock:
            if used == f"Bearer {self._token}":
                self._renew()
        again = response.request.copy()
        if again.headers.get("Authorization") == f"Bearer {self._token}":
            return response
        response.content  # noqa: B018  # the connection is free once the answer is read
        response.close()
        again.headers["Authorization"] = f"Bearer {self._token}"
        again.deregister_hook("response", self._retry)
        return response.connection.send(again, **options)

    @property
    def _can_renew(self) -> bool:
        return bool(self._bearer.token_url or self._bearer.token_file)

    def _renew(self) -> None:
        if self._bearer.token_file:
            self._token = _read_token(self._bearer.token_file)
            return
        if not self._bearer.token_url:
            return
        form = {"grant_type": "client_credentials"}
        if self._refresh_token:
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        for key in ("client_id", "client_secret", "scope"):
            if getattr(self._bearer, key):
                form[key] = getattr(self._bearer, key)
        answer = self._ask(form)
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise ArchiveError("The token endpoint answers without a token; check its settings.")
        self._token = token
        self._refresh_token = str(answer.get("refresh_token") or self._refresh_token)
        lasts = answer.get("expires_in")
        self._ends = time.monotonic() + lasts if isinstance(lasts, int | float) else float("inf")


class _OneServerSession(requests.Session):
    """Sends nothing to another server than the one that is set up, whoever refers to it.

    Logins and what is searched for would otherwise go wherever an answer redirects them.
    """

    def __init__(self, url: str, who: str, key: str) -> None:
        super().__init__()
        self._origin = _origin(url)
        self._refusal = (
            f"{who} refers to another server, which is not followed; set {key} to its address if "
            "that server is the right one."
        )

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request, the first one or one that follows a redirect."""
        if _origin(request.url or "") != self._origin:
            raise ArchiveError(self._refusal)
        return super().send(request, **options)


def _origin(url: str) -> tuple[str | None, str | None, int | None]:
    """Return scheme, host and port, as they are understood when the connection is made."""
    parts = parse_url(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme or "")
    return parts.scheme, parts.host, port


def _ask_for_token(archive: Archive, form: dict[str, str]) -> dict[str, object]:
    assert archive.bearer is not None
    url = archive.bearer.token_url
    session = _session_without_login(archive, url, "The token endpoint", "bearer.token_url")
    try:
        answer = session.post(url, data=form, timeout=archive.timeout_s)
        answer.raise_for_status()
        found = answer.json()
    except ArchiveError:
        raise
    except (requests.RequestException, ValueError):
        raise ArchiveError(
            "The token endpoint gives no token; check token_url, client_id and their secrets."
        ) from None
    return found if isinstance(found, dict) else {}


def _session_without_login(archive: Archive, url: str, who: str, key: str) -> requests.Session:
    session = _OneServerSession(url, who, key)
    session.trust_env = False
    session.verify = _path(archive.ca_bundle) or True
    if archive.proxy:
        session.proxies = {"http": archive.proxy, "https": archive.proxy}
    return session


def _read_token(file: str) -> str:
    try:
        token = Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        token = ""
    if not token or not token.isprintable():
        raise ArchiveError(f"{file} holds no token; renew it.")
    return token


def _path(text: str) -> str:
    return str(Path(text).expanduser()) if text else ""
