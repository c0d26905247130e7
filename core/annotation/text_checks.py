"""Checks of the texts that go into the store, as long as its columns are wide."""

import unicodedata
from collections.abc import Iterable

from core.annotation.records import StoreError

_LONGEST_NAME = 200  # of a person or of weights
_LONGEST_ACTION = 100  # of an action or tool
_LONGEST_CLIENT = 64
_LONGEST_UID = 64


def check_person(person: str) -> None:
    """Raise StoreError unless the name of a person is one line of at most 200 characters."""
    check_line(person, "The name of a person", _LONGEST_NAME)


def check_tool(tool: str) -> None:
    """Raise StoreError unless the name of a tool has between 1 and 100 characters."""
    _check(tool, "The name of a tool", _LONGEST_ACTION)


def check_action(action: str) -> None:
    """Raise StoreError unless the name of an action has between 1 and 100 characters."""
    _check(action, "The name of an action", _LONGEST_ACTION)


def check_weights(weights: str) -> None:
    """Raise StoreError unless the name of weights has between 1 and 200 characters."""
    _check(weights, "The name of the weights", _LONGEST_NAME)


def check_teachers(uids: Iterable[str]) -> None:
    """Raise StoreError unless each UID has between 1 and 64 characters and no space."""
    for uid in uids:
        _check(uid, "The UID of a series", _LONGEST_UID)
        if uid.split() != [uid]:
            raise StoreError("The UID of a series has no spaces.")


def check_client(client: str) -> None:
    """Raise StoreError unless the name of a client has between 1 and 64 characters."""
    _check(client, "The name of a client", _LONGEST_CLIENT)


def check_line(text: str, what: str, longest: int) -> None:
    """Raise StoreError unless a text is one line that is not blank and shows all it contains.

    Parameters
    ----------
    text : str
        From a person.
    what : str
        Begins the sentence of the error, such as "The name of a project".
    longest : int
        Characters that fit.
    """
    _check(text, what, longest)
    _check_signs(text, what, allowed="")


def check_paragraphs(text: str, what: str, longest: int, *, may_be_blank: bool = False) -> None:
    """Raise StoreError unless a text shows all it contains; it may have several lines."""
    if not (may_be_blank and not text.strip() and len(text) <= longest):
        _check(text, what, longest)
    _check_signs(text, what, allowed="\n\t")


def _check_signs(text: str, what: str, allowed: str) -> None:
    """Refuse what changes how other text is shown, or cannot be stored: control characters."""
    if any(_is_hidden(sign) for sign in text if sign not in allowed):
        raise StoreError(f"{what} may contain no control characters; type it anew.")


def _is_hidden(sign: str) -> bool:
    # Joiners belong to the scripts of some languages and to composed symbols.
    return sign not in "\u200c\u200d" and unicodedata.category(sign) in {
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    }


def _check(text: str, what: str, longest: int) -> None:
    if not text.strip() or len(text) > longest:
        raise StoreError(f"{what} has between 1 and {longest} characters.")
