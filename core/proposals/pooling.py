"""How far pictures are averaged before methods see them that follow the images."""

from typing import Final

_SIDE: Final = 64
"""Outlines are followed as well at about this side as at twice of it, in a third of the time."""


def pool_of(side: int) -> int:
    """Side in pixels of the squares that are averaged in pictures of a side."""
    return max(1, round(side / _SIDE))
