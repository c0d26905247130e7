"""The gate that every page goes through before it shows anything.

A fresh server also answers at a page's own address without running navigation.py first, so the
gate stands in each page: it sends such a visit through navigation.py and back, and checks the
settings and who is working.
"""

import getpass
import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.dicom.configuration import configure_libraries
from core.dicom.errors import DicomError
from core.home.person import remember_person, remembered_person
from core.home.secret import home_secret
from core.home.settings import Settings, SettingsError, read_settings
from core.home.temporary_files import keep_temporary_files_in
from core.home.tour import open_tour
from pages.server.identities import LONGEST_PERSON, Identity, can_be_recorded, holds, identity_of
from pages.server.sign_in_settings import sign_in
from pages.session.widget_keys import leaving_key

_ROUTED = "gate.routed"
_WANTED = "gate.wanted"
_PERSON = "gate.person"
_PAGE = "gate.page"

NOT_A_MEDICAL_DEVICE = (
    "Slicewise is a research tool, **not a medical device**. Do not use it for diagnosis or "
    "treatment."
)

_STYLE = """
<style>
.block-container {padding: 4.2rem 1.4rem 0.5rem 1.4rem; max-width: none;}
.st-key-stage {background: #000; border-radius: 4px; overflow: hidden;}
[data-testid="stVerticalBlock"] {gap: 0.55rem;}
[data-testid="stCaptionContainer"] {
  color: color-mix(in srgb, currentColor 82%, transparent) !important; opacity: 1 !important;}
[data-testid="stWidgetLabel"] {color: inherit !important;}
.st-key-window-preset button {color: inherit !important;}
kbd {color: inherit !important;}
.st-key-look {background: #000; border-radius: 4px;}
.st-key-look img {width: auto !important; max-width: 100%; max-height: calc(100vh - 15rem);}
.st-key-stage, .st-key-stage [data-testid="stVerticalBlock"] {gap: 0 !important;}
.st-key-signed-in {position: fixed; z-index: 999992; top: 0.35rem; right: 1.4rem; height: 3.2rem;
  width: auto; max-width: 17rem; flex-wrap: nowrap;}
.st-key-signed-in [data-testid="stText"] {overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; font-size: 0.86rem;}
body:has(.st-key-signed-in) .st-key-tour {right: 19rem;}
</style>
"""


@dataclass(frozen=True)
class Entrance:
    """What a page knows once it is past the gate.

    Attributes
    ----------
    settings : Settings
        As the person who runs the server chose them.
    came_as : str
        Who has come through the gate: a name or initials, or who had signed in then.
    arrived : bool
        Whether the person has just come to this page from another one.
    """

    settings: Settings
    came_as: str
    arrived: bool

    @property
    def person(self) -> str:
        """Who is recorded with a change; where people sign in, only for as long as they are."""
        ensure_signed_in(self.settings.home)
        return self.came_as


def mark_routed() -> tuple[str, dict[str, str]] | None:
    """Note, from navigation.py, that this session has come through the navigation.

    Returns
    -------
    tuple of str and dict, or None
        Name and query of the page that was asked for by its own address, once.
    """
    st.session_state[_ROUTED] = True
    wanted: tuple[str, dict[str, str]] | None = st.session_state.pop(_WANTED, None)
    return wanted


def enter(page: str) -> Entrance:
    """Let a page go on, or show what is needed first and stop it.

    Parameters
    ----------
    page : str
        File name of the page without its ending, such as ``"annotate"``.

    Returns
    -------
    Entrance
        Settings and person; the call does not return where one is missing.
    """
    if not st.session_state.get(_ROUTED):
        st.session_state[_WANTED] = (page, st.query_params.to_dict())
        st.switch_page("navigation.py")
    configure_libraries()
    st.html(_STYLE)
    try:
        settings = read_settings(os.environ)
        home_secret(settings.home)
    except (SettingsError, DicomError) as error:
        st.error(str(error), icon=":material/settings:")
        st.stop()
    keep_temporary_files_in(settings.home)
    person = _named_person(settings.home) if sign_in() is None else _signed_in(settings.home)
    arrived = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page
    return Entrance(settings, person, arrived)


def ensure_signed_in(home: Path) -> None:
    """Stop what a page does, unless its person is signed in still or need not be.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    """
    if sign_in() is not None and _identity(home) is None:
        st.stop()


def _identity(home: Path) -> Identity | None:
    """Sign-in of this tab, where it holds; Streamlit has compared it with its origin."""
    identity = identity_of(st.user.to_dict())
    return identity if identity is not None and holds(identity, home) else None


def _signed_in(home: Path) -> str:
    identity = _identity(home)
    if identity is None or not identity.person:
        st.error("Your sign-in has ended. Load this page again.", icon=":material/lock:")
        st.stop()
    with st.container(key="signed-in", horizontal=True, vertical_alignment="center"):
        st.text(identity.person)
        st.button("Sign out", type="tertiary", key=leaving_key("sign-out"), on_click=st.logout)
    return identity.person


def _named_person(home: Path) -> str:
    person: str = st.session_state.get(_PERSON) or remembered_person(home)
    if not person:
        _ask_person(home)
        st.stop()
    st.session_state[_PERSON] = person
    return person


def _ask_person(home: Path) -> None:
    _, middle, _ = st.columns([1, 1.4, 1])
    with middle, st.form("gate"):
        st.title("Slicewise")
        st.write(
            "Draw a structure on a few slices, review proposals for the rest, export DICOM-SEG."
        )
        st.info(NOT_A_MEDICAL_DEVICE, icon=":material/info:")
        name = st.text_input(
            "Your name or initials",
            value=_login_name(),
            max_chars=LONGEST_PERSON,
            help="Recorded with every mask you draw, accept or correct. Stored on this server.",
        )
        if st.form_submit_button("Start", type="primary"):
            name = " ".join(name.split())
            if not can_be_recorded(name):
                st.error("Enter a name or initials, without backslashes.")
                return
            remember_person(home, name)
            open_tour(home, name)
            st.session_state[_PERSON] = name
            st.rerun()


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
