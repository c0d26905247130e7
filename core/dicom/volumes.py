"""Several images at one position: which volumes they belong to, and what distinguishes them."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from core.dicom.geometry import plane_normal
from core.dicom.headers import Plane
from core.dicom.planes import VOLUME_KEYS

SAME_POSITION_MM = 0.01
"""Slices closer than this along the normal lie at the same position."""


def split_by_volume(stack: list[Plane]) -> list[tuple[list[Plane], str]]:
    """Order planes by position; where positions repeat, split them into volumes.

    Returns
    -------
    list of (planes, words)
        `words` distinguishes the volume from its siblings, such as "b-value 1000".
    """
    if stack[0].position is None:
        return [(sorted(stack, key=_by_number), "")]
    ordered = sorted(stack, key=lambda plane: (_distance(plane), _by_number(plane)))
    if not _repeats_positions(ordered):
        return [(ordered, "")]
    names = _distinguishing_names(ordered)
    if names:
        volumes = _split_by_keys(ordered, names)
        return [(volumes[values], _volume_words(names, values)) for values in sorted(volumes)]
    return [
        (volume, f"volume {number}")
        for number, volume in enumerate(_split_by_turn(ordered), start=1)
    ]


def _distinguishing_names(ordered: Sequence[Plane]) -> list[str]:
    """Find the attributes that distinguish volumes: one, or as many as it takes together.

    They must give as many volumes as there are planes at one position, so that neither a position
    repeats within a volume nor a volume falls apart into single slices.

    Returns
    -------
    list of str
        The fewest, in the order of `VOLUME_KEYS`; empty where there are none.
    """
    repeats = len(_split_by_turn(ordered))
    for name in VOLUME_KEYS:
        if _are_distinguished(ordered, [name], repeats):
            return [name]
    chosen: list[str] = []
    parts = 1
    for name in VOLUME_KEYS:
        volumes = _split_by_keys(ordered, [*chosen, name])
        if parts < len(volumes) <= repeats:
            chosen, parts = [*chosen, name], len(volumes)
            if _are_distinguished(ordered, chosen, repeats):
                return chosen
    return []


def _are_distinguished(ordered: Sequence[Plane], names: Sequence[str], repeats: int) -> bool:
    volumes = _split_by_keys(ordered, names)
    return len(volumes) == repeats and not any(map(_repeats_positions, volumes.values()))


def _split_by_keys(
    ordered: Sequence[Plane], names: Sequence[str]
) -> dict[tuple[tuple[float, str], ...], list[Plane]]:
    volumes: dict[tuple[tuple[float, str], ...], list[Plane]] = defaultdict(list)
    for plane in ordered:
        volumes[tuple(_natural(plane.volume_keys.get(name, "")) for name in names)].append(plane)
    return volumes


def _volume_words(names: Sequence[str], values: Sequence[tuple[float, str]]) -> str:
    """Name a volume by what distinguishes it, such as "b-value 1000, direction 3"."""
    return ", ".join(
        f"{VOLUME_KEYS[name]} {text.removesuffix('.0') or 'not stated'}"
        for name, (_, text) in zip(names, values, strict=True)
    )


def _split_by_turn(ordered: Sequence[Plane]) -> list[list[Plane]]:
    """Put the n-th plane of every position into the n-th volume."""
    volumes: list[list[Plane]] = []
    turn = 0
    for index, plane in enumerate(ordered):
        is_repeated = index > 0 and _share_position(ordered[index - 1], plane)
        turn = turn + 1 if is_repeated else 0
        if turn == len(volumes):
            volumes.append([])
        volumes[turn].append(plane)
    return volumes


def _distance(plane: Plane) -> float:
    """Distance of a plane from the origin along its normal in mm."""
    assert plane.orientation is not None and plane.position is not None
    normal = plane_normal(np.array(plane.orientation[:3]), np.array(plane.orientation[3:]))
    return float(normal @ np.array(plane.position))


def _share_position(first: Plane, second: Plane) -> bool:
    return abs(_distance(first) - _distance(second)) < SAME_POSITION_MM


def _repeats_positions(ordered: Sequence[Plane]) -> bool:
    distances = np.array([_distance(plane) for plane in ordered])
    return bool(np.any(np.diff(distances) < SAME_POSITION_MM))


def _by_number(plane: Plane) -> tuple[float, str, int]:
    number = plane.header.instance_number
    return (
        float("inf") if number is None else number,
        plane.header.sop_instance_uid,
        plane.frame or 0,
    )


def _natural(text: str) -> tuple[float, str]:
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text
