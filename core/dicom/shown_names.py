"""Names of files as people and browsers can be shown them."""


def printable(name: str) -> str:
    r"""Escape what cannot be shown of a name: bytes that are no UTF-8, line breaks and the like."""
    decoded = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in decoded
    )
