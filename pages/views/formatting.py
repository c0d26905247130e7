"""Small pieces of text."""

import unicodedata

_RIGHT_TO_LEFT = {"R", "AL"}


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 slice" or "3 slices"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def isolated(text: str) -> str:
    """Set a name with right-to-left letters off, so that the text beside it keeps its order.

    Other names stay as they are.
    """
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


def plain(text: str) -> str:
    """Escape text from elsewhere, so that Markdown shows it as it is, and isolate it."""
    return "".join(
        f"\\{character}" if character in "\\`*_{}[]()<>#+-.!|~:$" else character
        for character in isolated(text)
    )
