"""Small pieces of text."""

from core.dicom.shown_names import isolated


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 slice" or "3 slices"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def plain(text: str) -> str:
    """Escape text from elsewhere, so that Markdown shows it as it is, and isolate it."""
    return "".join(
        f"\\{character}" if character in "\\`*_{}[]()<>#+-.!|~:$" else character
        for character in isolated(text)
    )
