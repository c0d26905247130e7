"""Proposals that jump in position, area or intensity against the slices on either side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["position", "area", "intensity"]

LARGEST: Mapping[Kind, float] = {"position": 0.5, "area": 1.7, "intensity": 0.7}
"""What one in a hundred slices of true masks exceeds, on average over the development data sets
(docs/proposals.md): the distance of the centre from the middle of its neighbours' centres, in
radii; the area against the geometric mean of its neighbours', or the other way round; the mean
value against that of its neighbours, in standard deviations of their values."""


@dataclass(frozen=True)
class Signs:
    """What is compared of a mask.

    Attributes
    ----------
    row, column : float
        Centre, in pixels.
    area : int
        Pixels; above 0.
    mean, variance : float
        Of the values under the mask.
    """

    row: float
    column: float
    area: int
    mean: float
    variance: float


@dataclass(frozen=True)
class Jump:
    """What is unusual of a proposal against its neighbours.

    Attributes
    ----------
    kind : {"position", "area", "intensity"}
        In what it jumps.
    amount : float
        How far, as a multiple of what is usual; above 1 where it is found.
    text : str
        The same in words.
    """

    kind: Kind
    amount: float
    text: str


def signs_of(mask: NDArray[np.bool_], image: NDArray[np.generic]) -> Signs | None:
    """Gather what is compared of a mask.

    Parameters
    ----------
    mask : ndarray of bool
        [row, column].
    image : ndarray
        [row, column], the pixels of the slice.

    Returns
    -------
    Signs or None
        None for a mask without pixels.
    """
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return None
    values = image[rows, columns].astype(np.float64)
    return Signs(
        float(rows.mean()),
        float(columns.mean()),
        len(rows),
        float(values.mean()),
        float(values.var()),
    )


def find_jumps(signs: Mapping[int, Signs], proposed: Iterable[int]) -> dict[int, list[Jump]]:
    """Find proposals that jump against the slices right before and right behind them.

    Parameters
    ----------
    signs : mapping of int to Signs
        By slice index: every slice that shows the segment, proposed or not.
    proposed : iterable of int
        Slices to look at. Those whose neighbours do not both show the segment are passed over:
        where a structure ends it may change as it likes.

    Returns
    -------
    dict
        By slice index, only where there is a jump; the farthest first. Of slices beside one
        another only the one that jumps farthest counts: the others stand out because of it.
    """
    indices = list(proposed)
    near = {at for index in indices for at in (index - 1, index, index + 1)}
    compared = {at: _compared(signs, at) for at in near}
    found = {}
    for index in indices:
        beside = [*compared[index - 1], *compared[index + 1]]
        jumps = [
            jump
            for jump in compared[index]
            if jump.amount > 1
            and all(jump.amount >= other.amount for other in beside if other.kind == jump.kind)
        ]
        if jumps:
            found[index] = sorted(jumps, key=lambda jump: -jump.amount)
    return found


def _compared(signs: Mapping[int, Signs], index: int) -> list[Jump]:
    """How far a slice is from its neighbours in each respect; nothing where one is missing."""
    here, before, behind = (signs.get(at) for at in (index, index - 1, index + 1))
    if here is None or before is None or behind is None:
        return []
    return _differences(here, before, behind)


def _differences(here: Signs, before: Signs, behind: Signs) -> list[Jump]:
    usual = float(np.sqrt(before.area * behind.area))
    shift = np.hypot(
        here.row - (before.row + behind.row) / 2, here.column - (before.column + behind.column) / 2
    )
    ratio = here.area / usual
    larger = max(ratio, 1 / ratio)
    size = "larger" if ratio > 1 else "smaller"
    mean, deviation = _values_of_both(before, behind)
    difference = (here.mean - mean) / deviation if deviation > 0 else 0.0
    return [
        Jump(
            "position",
            float(shift / np.sqrt(usual / np.pi)) / LARGEST["position"],
            "lies elsewhere than on the slices beside it",
        ),
        Jump(
            "area",
            float(np.log(larger) / np.log(LARGEST["area"])),
            f"is {larger:.1f} times {size} than on the slices beside it",
        ),
        Jump(
            "intensity",
            abs(difference) / LARGEST["intensity"],
            f"is {'brighter' if difference > 0 else 'darker'} inside than on the slices beside it",
        ),
    ]


def _values_of_both(before: Signs, behind: Signs) -> tuple[float, float]:
    """Mean and standard deviation of the values of two masks, each counting half."""
    mean = (before.mean + behind.mean) / 2
    apart = (before.mean - behind.mean) / 2
    return mean, float(np.sqrt((before.variance + behind.variance) / 2 + apart**2))
