"""The first and the last slice that show a structure, as far as a person has stated them."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class End(StrEnum):
    """One of the two ends of a structure along the series."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True)
class Ends:
    """Where a structure begins and ends along the series.

    Attributes
    ----------
    first, last : int or None
        Index of the first and of the last slice that shows it; None where nobody has stated it.
    """

    first: int | None = None
    last: int | None = None

    def of(self, end: End) -> int | None:
        """Slice stated for one of the ends."""
        return self.first if end is End.FIRST else self.last

    def encloses(self, index: int) -> bool:
        """Whether a slice lies within what is stated."""
        return (self.first is None or index >= self.first) and (
            self.last is None or index <= self.last
        )

    def widened(self, shown: Collection[int]) -> "Ends":
        """Ends that enclose slices on which a person marked the structure.

        Parameters
        ----------
        shown : collection of int
            Indices of slices that show it; what was drawn outweighs what was stated.

        Returns
        -------
        Ends
            With the same ends stated.
        """
        if not shown:
            return self
        return Ends(
            None if self.first is None else min(self.first, *shown),
            None if self.last is None else max(self.last, *shown),
        )


UNSTATED: Final = Ends()
"""Of a segment of which nobody has stated where it begins and ends."""
