"""The order of slices: by their positions, and without these by whatever else places them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.dicom.geometry import plane_normal
from core.dicom.headers import Plane
from core.dicom.slice_steps import SAME_PLACE_MM, Places
from core.dicom.uids import uid_order

_UNPLACED = "The files do not say where the slices lie in the patient"
_UNRELIABLE = "and lengths and volumes cannot be relied on."


@dataclass(frozen=True)
class SliceOrder:
    """Planes in an order, and what a person should know of it.

    Parameters
    ----------
    planes : list of Plane
        Sorted.
    places : Places
        Of the planes, in mm for positions and locations, else counted.
    is_position : bool
        Whether the places are positions in the patient.
    caution : str
        One sentence where the order is not that of positions; "" otherwise.
    """

    planes: list[Plane]
    places: Places
    is_position: bool = False
    caution: str = ""


def slice_orders(stack: Sequence[Plane]) -> Iterator[SliceOrder]:
    """Yield the orders that a stack may have, the most certain first.

    Parameters
    ----------
    stack : sequence of Plane
        Parallel and of one size, all with a position or all without.

    Yields
    ------
    SliceOrder
        Positions alone where there are any. Otherwise what the files state in this order: positions
        without orientation, Slice Location, In-Stack Position Number, frame or instance numbers;
        and at last file names, in which no two planes share a place.
    """
    if stack[0].position is not None:
        yield _sorted(stack, [distance(plane) for plane in stack], is_position=True)
        return
    if len(stack) == 1:
        yield SliceOrder(list(stack), np.zeros(1), caution=f"{_UNPLACED}: {_UNRELIABLE[4:]}")
        return
    for places, words in (
        (_along_axis(stack), "their positions, without any orientation"),
        ([plane.slice_location for plane in stack], "Slice Location"),
        ([plane.stack_position for plane in stack], "their numbers in the stack"),
        ([number(plane) for plane in stack], "their numbers"),
    ):
        known = [place for place in places if place is not None]
        if len(known) == len(places) and max(known) - min(known) > SAME_PLACE_MM:
            yield _sorted(stack, known, caution=_by(words))
    yield _by_file_names(stack)


def without_contradicted_positions(stack: Sequence[Plane]) -> Sequence[Plane]:
    """Take the positions away where all are the same, but every slice has a location of its own.

    Some programs fill in a position that is none.
    """
    if stack[0].position is None or len(stack) < 2:
        return stack
    locations = {plane.slice_location for plane in stack}
    if len(locations) < len(stack) or None in locations or np.ptp(list(map(distance, stack))) > 0:
        return stack
    return [
        replace(plane, position=None, orientation=None, stated_position=None) for plane in stack
    ]


def distance(plane: Plane) -> float:
    """Distance of a plane from the origin along its normal in mm."""
    assert plane.orientation is not None and plane.position is not None
    normal = plane_normal(np.array(plane.orientation[:3]), np.array(plane.orientation[3:]))
    return float(normal @ np.array(plane.position))


def number(plane: Plane) -> int | None:
    """Frame number, or instance number of a file with one frame."""
    return plane.header.instance_number if len(plane.header.planes) == 1 else plane.frame


def by_number(plane: Plane) -> tuple[object, ...]:
    """Sort planes at one place: by instance number, UID and frame."""
    instance = plane.header.instance_number
    return (
        float("inf") if instance is None else instance,
        uid_order(plane.header.sop_instance_uid),
        plane.frame or 0,
    )


def _by(words: str) -> str:
    return f"{_UNPLACED}: they are in the order of {words}, {_UNRELIABLE}"


def _sorted(
    stack: Sequence[Plane], places: Sequence[float], *, is_position: bool = False, caution: str = ""
) -> SliceOrder:
    pairs = zip(places, stack, strict=True)
    ordered = sorted(pairs, key=lambda pair: (pair[0], by_number(pair[1])))
    return SliceOrder(
        [plane for _, plane in ordered],
        np.array([place for place, _ in ordered], float),
        is_position,
        caution,
    )


def _along_axis(stack: Sequence[Plane]) -> Sequence[float | None]:
    """Return the coordinate in which positions without orientation differ most."""
    positions = [plane.stated_position for plane in stack]
    known = [position for position in positions if position is not None]
    if len(known) < len(positions):
        return [None]
    coordinates = np.array(known)
    return coordinates[:, int(np.ptp(coordinates, axis=0).argmax())].tolist()


def _by_file_names(stack: Sequence[Plane]) -> SliceOrder:
    """Order by numbers as far as there are any, then by file names with their numbers counted."""
    planes = sorted(
        stack,
        key=lambda plane: (
            plane.header.instance_number is None,
            plane.header.instance_number or 0,
            [
                (int(word) if word.isdecimal() else 0, word)
                for word in re.split(r"(\d+)", str(plane.header.path))
            ],
            plane.frame or 0,
        ),
    )
    numbers = {number(plane) for plane in stack}
    if numbers == {None} or len(numbers) == 1:
        caution = (
            "The files say neither where the slices lie in the patient nor in which order: they "
            f"are in the order of their file names, which may mean nothing, {_UNRELIABLE}"
        )
    elif None in numbers:
        caution = _by("their numbers, and those without one in that of their file names")
    else:
        caution = _by("their numbers, which repeat: several volumes may be mixed")
    return SliceOrder(planes, np.arange(len(planes), dtype=float), caution=caution)
