"""Where the slices of a series lie in its teachers, also where it was cut shorter than they were.

Series of one protocol cover about the same part of the body, so the first slice of one lies where
that of another does, and so on to the last. One that was cut shorter is found by its pictures:
it is slid along each teacher, slice by slice in mm, to where the two look most alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.proposals.crop import whole_slice
from core.proposals.likeness import looks_of, positions_of

_FEWEST = 4
"""Slices of a series that tell where it lies."""

_CLEARLY_BETTER = 0.2
"""By how much more alike the slices must be elsewhere: whole series gain 0.16 at most."""

_INSIDE = 0.75
"""Share of a series that lies within the teacher."""


@dataclass(frozen=True, eq=False)
class Stack:
    """The slices of a series.

    Attributes
    ----------
    images : np.ndarray
        float32 [slice, row, column] in [0, 1]: the prepared series.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    """

    images: np.ndarray
    spacing: tuple[float, float, float]

    def descriptors(self) -> np.ndarray:
        """What whole slices look like: float32 [slice, values], each of length 1."""
        pictures = whole_slice(self.images.shape[1:], self.spacing).images(self.images)
        return looks_of(pictures, positions_of(range(len(pictures)), len(pictures))).descriptors


def positions_in(series: Stack, teachers: Sequence[Stack]) -> list[float]:
    """Place the slices of a series between the first (0) and the last one (1) of its teachers.

    Parameters
    ----------
    series : Stack
        The series.
    teachers : sequence of Stack
        Others that were acquired alike.

    Returns
    -------
    list of float
        From 0 to 1 unless at least half of the teachers clearly show more than the series does.
    """
    count = len(series.images)
    evenly = positions_of(range(count), count)
    if count < _FEWEST:
        return evenly
    looks = series.descriptors()
    found = [_cut_shorter(looks, series.spacing[0], teacher) for teacher in teachers]
    shifted = [one for one in found if one is not None]
    if 2 * len(shifted) < max(1, len(found)):
        return evenly
    return [float(place) for place in np.median(shifted, axis=0)]


def _cut_shorter(looks: np.ndarray, slice_mm: float, teacher: Stack) -> np.ndarray | None:
    """Positions of a series in a teacher that shows more, float [slice]; None if it does not."""
    others, step = teacher.descriptors(), teacher.spacing[0]
    alike = looks @ others.T
    slices, last = np.arange(len(looks)), len(others) - 1
    evenly = np.rint(np.linspace(0, last, len(looks))).astype(int)
    usual, best = float(alike[slices, evenly].mean()), None
    highest = usual + _CLEARLY_BETTER
    for shift in range(-len(looks), last + 1):
        places = slices * (slice_mm / step) + shift
        nearest = np.rint(places).astype(int)
        inside = (nearest >= 0) & (nearest <= last)
        if inside.mean() >= _INSIDE:
            mean = float(alike[slices[inside], nearest[inside]].mean())
            if mean > highest:
                highest, best = mean, places / max(1, last)
    return best
