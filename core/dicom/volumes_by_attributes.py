"""Which attributes divide a stack into volumes, each of them a stack by itself."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.dicom.headers import Plane
from core.dicom.slice_steps import UNEVEN_SHARE, Places, is_even, is_repeated, turns
from core.dicom.volume_attributes import RUN_KEYS
from core.dicom.volume_parts import Part, parts_by, varying_names

_FEWEST_SLICES = 3
"""Fewer lie in even steps whatever they are."""


def names_of_repeats(planes: Sequence[Plane], places: Places, tolerance: float) -> list[str]:
    """Find the attributes that divide planes which share places: one, or as few as it takes.

    No place may repeat within a volume. There are as many volumes as planes at one place, unless
    more of them are even stacks that do not cover the same places. Even volumes come first.

    Returns
    -------
    list of str
        Of `VOLUME_KEYS`; empty where there are none.
    """
    most = int(turns(places, tolerance).max()) + 1
    for is_strict in (True, False):
        for names in _growing_choices(planes, most):
            if _divide(parts_by(planes, names), places, tolerance, most, names, is_strict):
                return names
    return []


def contradicting_names(
    planes: Sequence[Plane], places: Places, tolerance: float, names: Sequence[str]
) -> list[str]:
    """Return the attributes that divide the planes as well as `names` do, but otherwise."""
    most = int(turns(places, tolerance).max()) + 1
    chosen = parts_by(planes, names)
    return [
        name
        for name in varying_names(planes)
        if name not in RUN_KEYS
        and (parts := parts_by(planes, [name])) != chosen
        and _divide(parts, places, tolerance, most, [name], True)
        and sorted(parts) != sorted(chosen)
    ]


def name_of_following_runs(planes: Sequence[Plane], places: Places, tolerance: float) -> str | None:
    """Find the attribute whose runs follow one another along the normal and overlap a little."""
    for name in varying_names(planes):
        parts = parts_by(planes, [name]) if name in RUN_KEYS else []
        if len(parts) > 1 and _follow(parts, places, tolerance):
            return name
    return None


def names_of_interleaved(planes: Sequence[Plane], places: Places) -> list[str]:
    """Find the attributes that divide planes at different places into stacks that interleave.

    Returns
    -------
    list of str
        Of `VOLUME_KEYS`; empty where there are none.
    """
    varying = varying_names(planes)
    different = [name for name in varying if name not in RUN_KEYS]
    choices = [
        [name]
        for name in different
        if are_interleaved(parts_by(planes, [name]), places, may_have_gaps=True)
    ]
    finest = parts_by(planes, different)
    if are_interleaved(finest, places, may_have_gaps=True):
        choices = [names for names in choices if len(parts_by(planes, names)) == len(finest)] or [
            different
        ]
    if not choices and not is_even(places):
        choices = [
            [name]
            for name in varying
            if name in RUN_KEYS and are_shifted(parts_by(planes, [name]), places)
        ]
    return choices[0] if choices else []


def are_interleaved(parts: Sequence[Part], places: Places, *, may_have_gaps: bool) -> bool:
    """Tell whether parts are even stacks, of which at least one lies between slices of others."""
    if len(parts) < 2 or min(map(len, parts)) < 2:
        return False
    if not all(is_even(places[part], may_have_gaps=may_have_gaps) for part in parts):
        return False
    if min(map(len, parts)) < _FEWEST_SLICES and not _have_equal_steps(parts, places):
        return False
    # The steps of a part that is in one piece are from one index to the next.
    return any(2 * np.count_nonzero(np.diff(part) > 1) > len(part) - 1 for part in parts)


def are_shifted(parts: Sequence[Part], places: Places) -> bool:
    """Tell whether parts that interleave are the same stack, shifted along the normal.

    Slices may be missing only if the places together lie on no grid.
    """
    may_have_gaps = not is_even(places, may_have_gaps=True)
    return (
        len(parts) > 1
        and min(map(len, parts)) >= _FEWEST_SLICES
        and _have_equal_steps(parts, places)
        and are_interleaved(parts, places, may_have_gaps=may_have_gaps)
    )


def stacks_in_turn(places: Places) -> int:
    """Return how many even stacks take turns along the normal, of which nothing else is known.

    Most slices then have one of their own stack in the same distance, more than have a neighbour
    in the same. Only steps that differ by more than half count: positions may have been rounded.
    """
    steps = np.diff(places)
    if 2 * steps.min() > steps.max():
        return 1
    largest = max(1, len(places) // _FEWEST_SLICES)
    shares = [_share_of_usual(places[turn:] - places[:-turn]) for turn in range(1, largest + 1)]
    best = int(np.argmax(shares))
    return best + 1 if 2 * shares[best] > 1 else 1


def _share_of_usual(steps: NDArray[np.float64]) -> float:
    usual = float(np.median(steps))
    return float(np.mean(np.abs(steps - usual) <= UNEVEN_SHARE * usual))


def _have_equal_steps(parts: Sequence[Part], places: Places) -> bool:
    steps = [float(np.median(np.diff(places[part]))) for part in parts]
    return max(steps) - min(steps) <= UNEVEN_SHARE * min(steps)


def _growing_choices(planes: Sequence[Plane], most: int) -> Iterator[list[str]]:
    """Yield single attributes, then more and more of those that divide further."""
    different = varying_names(planes)
    yield from ([name] for name in different)
    chosen: list[str] = []
    number = 1
    for name in different:
        parts = parts_by(planes, [*chosen, name])
        if number < len(parts) and (len(parts) <= most or name not in RUN_KEYS):
            chosen, number = [*chosen, name], len(parts)
            yield chosen


def _divide(
    parts: Sequence[Part],
    places: Places,
    tolerance: float,
    most: int,
    names: Sequence[str],
    is_strict: bool,
) -> bool:
    if any(is_repeated(places[part], tolerance).any() for part in parts):
        return False
    if is_strict and not all(is_even(places[part], may_have_gaps=True) for part in parts):
        return False
    if len(parts) == most:
        return True
    return (
        is_strict
        and len(parts) > most
        and min(map(len, parts)) >= _FEWEST_SLICES
        and not RUN_KEYS.intersection(names)
    )


def _follow(parts: Sequence[Part], places: Places, tolerance: float) -> bool:
    """Tell whether runs share fewer than half of their places, and make one even stack."""
    if min(map(len, parts)) < 2 or not _have_equal_steps(parts, places):
        return False
    if any(is_repeated(places[part], tolerance).any() for part in parts):
        return False
    if not is_even(places[~is_repeated(places, tolerance)], may_have_gaps=True):
        return False
    return all(
        2 * _shared(places[one], places[other], tolerance) < min(len(one), len(other))
        for one, other in combinations(parts, 2)
    )


def _shared(places: Places, others: Places, tolerance: float) -> int:
    return int((np.abs(places[:, None] - others).min(axis=1) < tolerance).sum())
