"""Every mistake in how people are to sign in is one sentence that says what to change."""

import re
from typing import Any

import pytest

from core.home.settings import SettingsError
from pages.server.origins import LOOPBACK
from pages.server.sign_in_settings import (
    SignIn,
    check_single_person,
    is_loopback,
    read_sign_in,
)

HOSTS = (*LOOPBACK, "slicewise.example.org", "*.hospital.example.org")
COMPLETE: dict[str, object] = {
    "redirect_uri": "https://slicewise.example.org/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 4,
    "client_id": "slicewise",
    "client_secret": "a secret",
    "server_metadata_url": "https://login.example.org/.well-known/openid-configuration",
}


def read(**changed: object) -> SignIn | None:
    return read_sign_in(COMPLETE | changed, HOSTS)


def test_without_the_section_nobody_signs_in() -> None:
    assert read_sign_in({}, HOSTS) is None


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://slicewise.example.org/oauth2callback", "https://slicewise.example.org"),
        ("https://ct.hospital.example.org/a/oauth2callback", "https://ct.hospital.example.org"),
        ("https://slicewise.example.org:8443/oauth2callback", "https://slicewise.example.org:8443"),
        ("http://localhost:8501/oauth2callback", "http://localhost:8501"),
        ("http://[::1]:8501/oauth2callback", "http://[::1]:8501"),
    ],
)
def test_people_reach_the_server_where_they_come_back_to(address: str, origin: str) -> None:
    assert read(redirect_uri=address) == SignIn(origin)


def test_what_the_provider_is_asked_for_can_be_set() -> None:
    assert read(client_kwargs={"prompt": "login"}) is not None


@pytest.mark.parametrize("name", sorted(COMPLETE))
@pytest.mark.parametrize("value", [None, "", "  ", 7, True, ["a"]])
def test_every_key_is_needed_as_a_text(name: str, value: object) -> None:
    with pytest.raises(SettingsError) as refused:
        read(**{name: value})
    assert str(refused.value) == (f"[auth] needs {name}, a text; docs/sign-in.md shows an example.")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"google": {"client_id": "slicewise"}},
            "[auth.google] is not read: put the keys of the one provider into [auth] itself.",
        ),
        (
            {"cookie_secret": "0" * 31},
            "cookie_secret in [auth] must have 32 characters or more, drawn at random.",
        ),
        (
            {"server_metadata_url": "login.example.org"},
            "server_metadata_url in [auth] must be an address such as https://example.org/.",
        ),
        (
            {"server_metadata_url": "https://[::1/x"},
            "server_metadata_url in [auth] must be an address such as https://example.org/.",
        ),
        (
            {"server_metadata_url": "https://example.org:99999/"},
            "server_metadata_url in [auth] must be an address such as https://example.org/.",
        ),
        (
            {"server_metadata_url": "http://login.example.org/"},
            "server_metadata_url in [auth] must begin with https:// beyond this machine.",
        ),
        (
            {"redirect_uri": "http://slicewise.example.org/oauth2callback"},
            "redirect_uri in [auth] must begin with https:// beyond this machine.",
        ),
        (
            {"redirect_uri": "https://slicewise.example.org/"},
            "redirect_uri in [auth] must end with /oauth2callback.",
        ),
        (
            {"redirect_uri": "https://other.example.org/oauth2callback"},
            "redirect_uri in [auth] leads to other.example.org, which server.allowedHosts must "
            "name.",
        ),
    ],
    ids=lambda part: next(iter(part)) if isinstance(part, dict) else "",
)
def test_a_mistake_is_one_sentence(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=f"^{re.escape(sentence)}$"):
        read(**changed)


@pytest.mark.parametrize("name", sorted(set(COMPLETE) - {"client_id", "client_secret"}))
def test_no_sentence_tells_a_secret(name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(**{name: "sesame"})
    for secret in ("sesame", COMPLETE["client_secret"], COMPLETE["cookie_secret"]):
        assert str(secret) not in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "localhost", "::1", "[::1]"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org", "*"]
)
def test_other_names_may_lead_elsewhere(host: str) -> None:
    assert not is_loopback(host)


def test_one_person_on_this_machine_needs_nothing() -> None:
    check_single_person("127.0.0.1", LOOPBACK)
    check_single_person("localhost", [])


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "192.0.2.1", "unix:///run/slicewise"])
def test_a_server_that_others_reach_needs_sign_in(address: str) -> None:
    with pytest.raises(SettingsError, match=r"^Slicewise listens beyond.*docs/sign-in\.md says"):
        check_single_person(address, LOOPBACK)


@pytest.mark.parametrize("host", ["slicewise.example.org", "*.example.org", "192.0.2.1", "*"])
def test_a_server_that_a_proxy_leads_others_to_needs_sign_in(host: str) -> None:
    with pytest.raises(SettingsError, match=rf"allowedHosts names {re.escape(host)}, which leads"):
        check_single_person("127.0.0.1", (*LOOPBACK, host))
