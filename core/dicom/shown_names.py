"""Names of files and people as they can be shown."""

import unicodedata

_RIGHT_TO_LEFT = {"R", "AL"}


def printable(name: str) -> str:
    r"""Escape what cannot be shown of a name: bytes that are no UTF-8, line breaks and the like."""
    decoded = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in decoded
    )


def isolated(text: str) -> str:
    """Set a name with right-to-left letters off, so that the text beside it keeps its order.

    Other names stay as they are.
    """
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text
