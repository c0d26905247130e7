"""Who sends a request: what Streamlit's signed cookie holds of the provider's ID token."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from core.home.ended_sign_ins import end_sign_in, has_ended

LONGEST_PERSON = 64
"""Characters of a name that is recorded, as in a DICOM long string."""

# What tells one sign-in from another; the nonce is drawn anew for each (OpenID Connect Core 2).
_TELLING = ("iss", "sub", "aud", "iat", "exp", "nonce")


@dataclass(frozen=True)
class Identity:
    """A sign-in of a person.

    Attributes
    ----------
    person : str
        Recorded with every change; "" where the provider says nothing that can be recorded.
    expires : float
        Unix time in seconds at which the ID token expires.
    digest : str
        What tells this sign-in from others: hexadecimal digits.
    """

    person: str
    expires: float
    digest: str


def identity_of(claims: Mapping[str, object]) -> Identity | None:
    """Identity that the claims of an ID token state (OpenID Connect Core 1.0 section 2).

    Parameters
    ----------
    claims : mapping of str to object
        Checked by Authlib and signed by Streamlit, or what ``st.user`` holds.

    Returns
    -------
    Identity or None
        None without a subject or a time of expiry.
    """
    expires, subject = claims.get("exp"), claims.get("sub")
    if not isinstance(expires, int | float) or isinstance(expires, bool):
        return None
    if not isinstance(subject, str) or not subject:
        return None
    telling = json.dumps([claims.get(name) for name in _TELLING])
    digest = hashlib.sha256(telling.encode()).hexdigest()
    return Identity(_person(claims), float(expires), digest)


def _person(claims: Mapping[str, object]) -> str:
    """First of e-mail address, preferred user name and subject that can be recorded.

    An address that the provider says it has not verified could be anybody's, and so could a user
    name that looks like one.
    """
    email, name = (_text(claims.get(key)) for key in ("email", "preferred_username"))
    if claims.get("email_verified") is False:
        email, name = "", "" if "@" in name else name
    named = (email.lower(), name, _text(claims.get("sub")))
    return next((one for one in named if can_be_recorded(one)), "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def can_be_recorded(name: str) -> bool:
    """Tell whether DICOM and the store can hold a name (PS3.5 section 6.2)."""
    is_short = 0 < len(name) <= LONGEST_PERSON
    return is_short and name.isprintable() and "\\" not in name and name == name.strip()


def identity_in(cookies: Mapping[str, str]) -> Identity | None:
    """Identity in the cookies of a request; None where Streamlit has not signed one.

    It may have expired or ended: see `holds`.
    """
    secret = get_cookie_secret()

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(secret, name, value.encode("latin-1")) if value else None

    try:
        signed = get_cookie_with_chunks(one, USER_COOKIE_NAME)
        claims = json.loads(signed) if signed else None
    except (ValueError, TypeError):
        return None
    return identity_of(claims) if isinstance(claims, dict) else None


def holds(identity: Identity, home: Path) -> bool:
    """Tell whether a sign-in has neither expired nor been ended."""
    return time.time() < identity.expires and not has_ended(home, identity.digest)


def end(identity: Identity, home: Path) -> None:
    """End a sign-in everywhere, in every tab and process."""
    end_sign_in(home, identity.digest, identity.expires)


def is_admitted(person: str, people: tuple[str, ...]) -> bool:
    """Tell whether a person may use the server.

    Parameters
    ----------
    person : str
        As recorded.
    people : tuple of str
        Names, and domains that begin with "@", in small letters; empty for everybody.
    """
    name = person.lower()
    if not name:
        return False
    domain = name[name.rfind("@") :] if "@" in name else ""
    return not people or name in people or domain in people
