"""Small pieces of text."""


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 slice" or "3 slices"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def plain(text: str) -> str:
    """Keep text that is not ours from being read as Markdown."""
    return "".join(f"\\{one}" if one in "\\`*_{}[]()<>#+-.!|~:$" else one for one in text)
