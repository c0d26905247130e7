"""Slices on a line: which lie at the same place, and whether the rest lie in even steps."""

import numpy as np
from numpy.typing import NDArray

SAME_PLACE_MM = 0.01
"""Slices closer than this along the normal lie at the same place."""

UNEVEN_SHARE = 0.05
"""Steps that differ by more than this share of the usual one are uneven."""

Places = NDArray[np.float64]
"""Shape (slices,), along the normal in mm unless said otherwise, ascending."""


def is_even(places: Places, *, may_have_gaps: bool = False) -> bool:
    """Tell whether slices lie in even steps.

    Parameters
    ----------
    places : Places
        One or two always do.
    may_have_gaps : bool
        Whether slices may be missing, as long as most steps are single ones.
    """
    steps = np.diff(places)
    if len(steps) < 2:
        return True
    usual = float(np.median(steps))
    if usual <= 0:
        return False
    if not may_have_gaps:
        return bool(np.ptp(steps) <= UNEVEN_SHARE * usual)
    multiples = np.maximum(1, np.round(steps / usual))
    fits = np.abs(steps - multiples * usual) <= UNEVEN_SHARE * usual
    return bool(fits.all() and 2 * np.count_nonzero(multiples == 1) > len(steps))


def is_repeated(places: Places, tolerance: float) -> NDArray[np.bool_]:
    """Return for each slice whether it lies at the place of the one before."""
    return np.append(False, np.diff(places) < tolerance)


def turns(places: Places, tolerance: float) -> NDArray[np.int_]:
    """Return for each slice how many before it lie at the same place."""
    result = np.zeros(len(places), int)
    for index in np.flatnonzero(is_repeated(places, tolerance)):
        result[index] = result[index - 1] + 1
    return result


def same_place_tolerance(places: Places, thickness: float | None) -> float:
    """Return how close slices lie that are meant to be at the same place, in mm.

    Nearly coinciding slices count only where the whole is uneven: overlapping slabs may be far
    thicker than their steps.

    Parameters
    ----------
    places : Places
        Of all slices.
    thickness : float or None
        Smallest of the slices in mm.
    """
    if thickness is None or is_even(places[~is_repeated(places, SAME_PLACE_MM)]):
        return SAME_PLACE_MM
    return max(SAME_PLACE_MM, UNEVEN_SHARE * thickness)
