"""Volumes that nothing tells apart but the order of their images: a guess, and told as one."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from core.dicom.headers import Plane
from core.dicom.slice_order import by_number
from core.dicom.slice_steps import Places, is_even, is_repeated, turns
from core.dicom.uids import uid_order
from core.dicom.volume_parts import Part, stated

_RANKED = {
    "DiffusionBValue": "b-values",
    "EchoTime": "echo times",
    "InversionTime": "inversion times",
    "FlipAngle": "flip angles",
    "TriggerTime": "trigger times",
    "FrameReferenceTime": "frame times",
    "AcquisitionTime": "acquisition times",
}
"""Attributes that may differ a little from slice to slice, and yet rise from volume to volume."""

OrderKey = Callable[[Plane], tuple[object, ...]]


class Division(NamedTuple):
    """Parts, and the words for the order that made them."""

    parts: list[Part]
    words: str


def repeats_are_few(places: Places, tolerance: float) -> bool:
    """Tell whether most places hold one image, and all places together are an even stack."""
    repeated = is_repeated(places, tolerance)
    single = places[~repeated]
    shared = int((turns(places, tolerance) == 1).sum())
    return 2 * shared < len(single) and is_even(single, may_have_gaps=True)


def by_turn(planes: Sequence[Plane], places: Places, tolerance: float, key: OrderKey) -> list[Part]:
    """Put the n-th plane of every place, in the order of a key, into the n-th part."""
    turn = turns(places, tolerance)
    starts = np.flatnonzero(turn == 0)
    parts: list[Part] = [[] for _ in range(int(turn.max()) + 1)]
    for start, end in zip(starts, [*starts[1:], len(places)], strict=True):
        for part, index in zip(
            parts, sorted(range(start, end), key=lambda i: key(planes[i])), strict=False
        ):
            part.append(index)
    return parts


def divide_by_order(planes: Sequence[Plane], places: Places, tolerance: float) -> Division:
    """Divide planes that share places by the order of values, else of numbers, else of UIDs."""
    for name, words in _RANKED.items():
        if _tells_at_every_place(planes, places, tolerance, name):
            return Division(by_turn(planes, places, tolerance, partial(stated, name=name)), words)
    runs = divide_by_runs(planes)
    most = int(turns(places, tolerance).max()) + 1
    if len(runs.parts) == most and not any(
        is_repeated(places[part], tolerance).any() for part in runs.parts
    ):
        return runs
    return Division(by_turn(planes, places, tolerance, by_number), runs.words)


def divide_by_runs(planes: Sequence[Plane]) -> Division:
    """Divide planes, given in the order of places, wherever their numbers begin again.

    The numbers are those of the instances, or where these repeat those of the UIDs. All runs go in
    the direction of the first step.
    """
    key, words = _numbering(planes)
    order = sorted(range(len(planes)), key=lambda index: key(planes[index]))
    is_ascending = len(order) > 1 and order[1] > order[0]
    runs: list[Part] = [[order[0]]]
    for before, index in pairwise(order):
        if (index > before) == is_ascending:
            runs[-1].append(index)
        else:
            runs.append([index])
    return Division([sorted(run) for run in runs], words)


def _by_uid(plane: Plane) -> tuple[object, ...]:
    return uid_order(plane.header.sop_instance_uid), plane.frame or 0


def _numbering(planes: Sequence[Plane]) -> tuple[OrderKey, str]:
    """Return what orders planes, and words for it."""
    instances = [plane.header.instance_number for plane in planes]
    if len({plane.header.sop_instance_uid for plane in planes}) == 1:
        return _by_uid, "frame numbers"
    numbers = {(plane.header.instance_number, plane.frame) for plane in planes}
    if None not in instances and len(numbers) == len(planes):
        return by_number, "instance numbers"
    return _by_uid, "SOP Instance UIDs"


def _tells_at_every_place(
    planes: Sequence[Plane], places: Places, tolerance: float, name: str
) -> bool:
    """Tell whether every place has as many images, and each a value of its own."""
    turn = turns(places, tolerance)
    starts = np.flatnonzero(turn == 0)
    counts = {
        (end - start, len({stated(planes[index], name) for index in range(start, end)}))
        for start, end in zip(starts, [*starts[1:], len(places)], strict=True)
    }
    most = int(turn.max()) + 1
    return counts == {(most, most)} and all(name in plane.volume_keys for plane in planes)
