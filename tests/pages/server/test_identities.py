"""Who sends a request, as the provider states it and Streamlit has signed it."""

import time
from pathlib import Path
from typing import Any

import pytest

from pages.server.identities import (
    LONGEST_PERSON,
    can_be_recorded,
    end,
    holds,
    identity_of,
    is_admitted,
)

CLAIMS: dict[str, Any] = {
    "iss": "https://login.example.org",
    "sub": "248289761001",
    "aud": "slicewise",
    "email": "Anna@Example.org",
    "preferred_username": "anna",
    "iat": 1_700_000_000,
    "exp": 1_700_003_600,
    "nonce": "n-0S6_WzA2Mj",
}


def person(**changed: object) -> str:
    identity = identity_of(CLAIMS | changed)
    assert identity is not None
    return identity.person


def test_a_person_is_known_by_their_address_in_small_letters() -> None:
    assert person() == "anna@example.org"
    assert person(email_verified=True) == "anna@example.org"


def test_without_an_address_the_user_name_counts_and_then_the_subject() -> None:
    assert person(email=None) == "anna"
    assert person(email=None, preferred_username=None) == "248289761001"


def test_an_address_that_nobody_has_verified_is_not_taken_for_a_person() -> None:
    assert person(email_verified=False) == "anna"
    assert person(email_verified=False, preferred_username="bob@example.org") == CLAIMS["sub"]


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "a\\b", "a\nb", "a\x00b", "a\u202eb", "a" * (LONGEST_PERSON + 1)]
)
def test_a_name_that_cannot_be_recorded_is_passed_over(name: str) -> None:
    assert not can_be_recorded(name)
    assert person(email=name) == "anna"
    assert person(email=name, preferred_username=name, sub=name or "\\") == ""


@pytest.mark.parametrize(
    "changed",
    [{"sub": ""}, {"sub": 7}, {"sub": None}, {"exp": None}, {"exp": "1700003600"}, {"exp": True}],
)
def test_claims_without_a_subject_or_an_expiry_are_nobody(changed: dict[str, object]) -> None:
    assert identity_of(CLAIMS | changed) is None
    assert identity_of({}) is None


def test_each_sign_in_is_told_from_every_other() -> None:
    changes: list[dict[str, object]] = [
        {},
        {"nonce": "another"},
        {"iat": 1_700_000_001},
        {"sub": "248289761002"},
        {"iss": "https://other.example.org"},
        {"aud": "another"},
        {"exp": 1_700_003_601},
    ]
    digests = {identity.digest for one in changes if (identity := identity_of(CLAIMS | one))}
    assert len(digests) == len(changes)
    again = identity_of(CLAIMS | {"is_logged_in": True, "provider": "default"})
    assert again == identity_of(CLAIMS)


def test_a_sign_in_holds_until_it_expires_or_is_ended(tmp_path: Path) -> None:
    now = time.time()
    lasting = identity_of(CLAIMS | {"exp": now + 3600})
    other = identity_of(CLAIMS | {"exp": now + 3600, "nonce": "another"})
    expired = identity_of(CLAIMS | {"exp": now - 1})
    assert lasting is not None and other is not None and expired is not None
    assert holds(lasting, tmp_path)
    assert not holds(expired, tmp_path)
    end(lasting, tmp_path)
    assert not holds(lasting, tmp_path)
    assert holds(other, tmp_path)


def test_without_a_list_everybody_is_admitted_who_has_a_name() -> None:
    assert is_admitted("anna@example.org", ())
    assert not is_admitted("", ())


@pytest.mark.parametrize(
    ("name", "admitted"),
    [
        ("bob@example.org", True),
        ("BOB@Example.org", True),
        ("carla@hospital.example.org", True),
        ("radiographer", True),
        ("anna@example.org", False),
        ("bob@example.org@evil.test", False),
        ("carla@evil-hospital.example.org", False),
        ("hospital.example.org", False),
        ("", False),
    ],
)
def test_with_a_list_only_those_on_it_are_admitted(name: str, admitted: bool) -> None:
    people = ("bob@example.org", "@hospital.example.org", "radiographer")
    assert is_admitted(name, people) is admitted
