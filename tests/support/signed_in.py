"""A server that people sign in to, with the OpenID provider that they come from."""

import json
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from tests.support.app_server import Server
from tests.support.ports import free_port

HOUR_S = 3600
COOKIE_SECRET = secrets.token_hex(32)


@dataclass
class Provider:
    """An OpenID provider on 127.0.0.1.

    Attributes
    ----------
    port : int
        Where it listens.
    secret : str
        Of Slicewise, as its client.
    process : subprocess.Popen
        Which runs it.
    """

    port: int
    secret: str
    process: subprocess.Popen[str]

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


def start_provider(program: list[str], redirect_uri: str) -> Provider:
    """Start a provider that sends people back to one address, and wait until it answers."""
    port, secret = free_port(), secrets.token_hex(32)
    process = subprocess.Popen(
        [*program, str(port), redirect_uri, secret], stdout=subprocess.PIPE, text=True
    )
    provider = Provider(port, secret, process)
    assert process.stdout is not None
    if "ready" not in process.stdout.readline():
        provider.end()
        raise RuntimeError("the OpenID provider did not start")
    return provider


def with_sign_in(
    server: Server, provider_port: int, client_secret: str, origin: str = ""
) -> Server:
    """Set up sign-in for a server that is not started yet.

    Parameters
    ----------
    server : Server
        Which people sign in to.
    provider_port : int
        Where the provider listens on 127.0.0.1.
    client_secret : str
        Of Slicewise, as its client.
    origin : str
        Under which people reach the server; where it listens by default.
    """
    section = {
        "redirect_uri": f"{origin}/oauth2callback" if origin else redirect_uri(server),
        "cookie_secret": COOKIE_SECRET,
        "client_id": "slicewise",
        "client_secret": client_secret,
        "server_metadata_url": f"http://127.0.0.1:{provider_port}/.well-known/openid-configuration",
    }
    path = server.home.parent / f"{server.home.name}-secrets.toml"
    lines = ["[auth]", *(f"{name} = {json.dumps(value)}" for name, value in section.items())]
    lines.append('client_kwargs = { prompt = "login" }')
    path.write_text("\n".join(lines) + "\n")
    server.options += ("--secrets.files", str(path))
    return server


def redirect_uri(server: Server) -> str:
    """Address to which people come back from the provider."""
    return f"{server.url}/oauth2callback"


def new_session(home: Path, person: str, origin: str, *, lasts_s: float = HOUR_S) -> str:
    """Value of the cookie by which Streamlit knows a person; parameters as `claims_of`."""
    return session_of(claims_of(home, person, origin, lasts_s=lasts_s))


def claims_of(
    home: Path, person: str, origin: str, *, lasts_s: float = HOUR_S
) -> dict[str, object]:
    """What Streamlit keeps of a new sign-in of a person.

    Parameters
    ----------
    home : pathlib.Path
        Of the server; it tells the issuer.
    person : str
        E-mail address.
    origin : str
        Under which people reach the server.
    lasts_s : float
        Seconds until the sign-in expires; it has expired where they are negative.
    """
    now = int(time.time())
    return {
        "iss": home.as_uri(),
        "sub": person,
        "aud": "slicewise",
        "email": person,
        "iat": now,
        "exp": now + int(lasts_s),
        "nonce": secrets.token_hex(8),
        "origin": origin,
        "is_logged_in": True,
        "provider": "default",
    }


def session_of(claims: dict[str, object]) -> str:
    """Value of the cookie in which Streamlit keeps a sign-in."""
    return create_signed_value(COOKIE_SECRET, USER_COOKIE_NAME, json.dumps(claims)).decode()


def give_session(context: BrowserContext, server: Server, value: str) -> None:
    """Have a browser send the cookie of a sign-in."""
    context.add_cookies([{"name": USER_COOKIE_NAME, "value": value, "url": server.url}])


def sign_in(page: Page, person: str) -> None:
    """Sign in from the page that asks for it, by way of the provider."""
    page.get_by_role("link", name="Sign in").click()
    page.get_by_placeholder("Enter any login").fill(person)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()


def expect_signed_out(page: Page, within_s: float = 120) -> None:
    """Wait until a page shows nothing but that one must sign in."""
    expect(page.get_by_role("link", name="Sign in")).to_be_visible(timeout=1000 * within_s)
    expect(page.get_by_test_id("stApp")).to_have_count(0)
