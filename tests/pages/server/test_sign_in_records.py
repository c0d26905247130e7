"""Who comes back from the provider is told by the cookie that the answer sets."""

import json
import secrets
import time

import pytest
from starlette.types import Message
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from pages.server.sign_in_records import signed_in_by

SECRET = secrets.token_hex(32)


@pytest.fixture(autouse=True)
def cookie_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have cookies signed by a secret of this test."""
    monkeypatch.setattr("pages.server.identities.get_cookie_secret", lambda: SECRET)


def answer(*cookies: str) -> Message:
    headers = [(b"set-cookie", cookie.encode()) for cookie in cookies]
    return {"type": "http.response.start", "status": 302, "headers": headers}


def cookie_of(claims: dict[str, object]) -> str:
    value = create_signed_value(SECRET, USER_COOKIE_NAME, json.dumps(claims)).decode()
    return f"{USER_COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite=lax"


def test_an_answer_that_sets_the_cookie_of_a_sign_in_tells_who_it_is() -> None:
    claims = {"sub": "1", "email": "anna@example.org", "exp": time.time() + 60}
    is_signed_in, identity = signed_in_by(answer("other=1; Path=/", cookie_of(claims)))
    assert is_signed_in
    assert identity is not None
    assert identity.person == "anna@example.org"


def test_a_sign_in_without_a_subject_is_one_of_nobody() -> None:
    assert signed_in_by(answer(cookie_of({"email": "anna@example.org"}))) == (True, None)


def test_an_answer_that_signs_nobody_in_is_told_from_it() -> None:
    assert signed_in_by(answer()) == (False, None)
    assert signed_in_by(answer("other=1")) == (False, None)
    deleted = f'{USER_COOKIE_NAME}=""; Max-Age=0; Path=/'
    assert signed_in_by(answer(deleted, f"{USER_COOKIE_NAME}=null; Max-Age=0")) == (False, None)
