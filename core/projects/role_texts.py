"""Roles as text, as the database keeps them."""

from collections.abc import Iterable

from core.projects.records import Role


def text_of_roles(roles: Iterable[Role]) -> str:
    """Return roles as one text, in alphabetical order."""
    return ",".join(sorted(set(roles)))


def roles_of_text(text: str) -> frozenset[Role]:
    """Read what `text_of_roles` wrote."""
    return frozenset(Role(name) for name in text.split(",") if name)
