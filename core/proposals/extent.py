"""Where a structure may be: which slices to predict, and where it ends."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from core.proposals.crop import Crop
from core.proposals.examples import neighbours


def between(masks: Mapping[int, np.ndarray]) -> list[int]:
    """List the slices between two neighbouring examples of which one has the structure."""
    known = sorted(masks)
    return [
        index
        for below, above in pairwise(known)
        if masks[below].any() or masks[above].any()
        for index in range(below + 1, above)
    ]


def slices_to_follow(masks: Mapping[int, np.ndarray], index: int, slices: int) -> list[int]:
    """List the slices that a corrected slice influences: up to the examples on either side.

    Parameters
    ----------
    masks : mapping of int to np.ndarray
        The segment's examples by slice index, with or without the corrected slice.
    index : int
        The corrected slice.
    slices : int
        Slices of the series.

    Returns
    -------
    list of int
        Slice indices in order; to the end of the series where there is no further example.
    """
    below, above = neighbours(masks, index)
    first = 0 if below is None else below + 1
    last = slices if above is None else above
    return [other for other in range(first, last) if other != index]


def outward(masks: Mapping[int, np.ndarray], slices: int) -> list[tuple[int, int]]:
    """List the outermost examples beyond which a structure may go on.

    Parameters
    ----------
    masks : mapping of int to np.ndarray
        Slice index to bool [row, column].
    slices : int
        Slices of the series.

    Returns
    -------
    list of (int, int)
        Index of the example and direction (−1 or 1); none where the outermost example is
        empty, or is the last slice of the series.
    """
    first, last = min(masks), max(masks)
    ends = [(first, -1)] * (first > 0) + [(last, 1)] * (last < slices - 1)
    return [(index, direction) for index, direction in ends if masks[index].any()]


def reach(masks: Mapping[int, np.ndarray], slice_mm: float, crop: Crop) -> int:
    """Count the slices to follow a structure beyond its examples at most.

    As far as the largest gap between examples; with a single example, half the side of the crop.
    """
    known = sorted(masks)
    if len(known) == 1:
        return max(1, round(crop.side_mm / 2 / slice_mm))
    return max(above - below for below, above in pairwise(known))
