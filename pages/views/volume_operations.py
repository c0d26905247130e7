"""Operations on a whole segment with the one number that each needs, as a person chooses them."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from core.dicom.geometry import Geometry
from core.display.planes import slice_shifts
from core.segments.segment import Segment
from core.segments.volume_operations import (
    Volume,
    VoxelGrid,
    add_margin,
    fill_cavities,
    fill_holes,
    keep_largest_part,
    keep_values,
    remove_islands,
    smooth,
)
from pages.session.work import Work
from pages.views.formatting import plain

_NUMBER_WIDTH = 130


@dataclass(frozen=True)
class ChosenOperation:
    """An operation with its number.

    Attributes
    ----------
    name : str
        As people read it.
    operation : callable
        As `core.annotation.volume_changes.VolumeTask` takes it.
    other : int or None
        Number of the second segment.
    inputs : hashable
        What was entered.
    """

    name: str
    operation: Callable[..., Volume]
    other: int | None = None
    inputs: Hashable = None


def choose_operation(work: Work, segment: Segment) -> ChosenOperation | None:
    """Let the person choose an operation and enter its number.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment : Segment
        The one to change.

    Returns
    -------
    ChosenOperation or None
        None where something is missing, such as a second segment.
    """
    name = st.selectbox("Operation", _OPERATIONS, key="volume-operation", width=230)
    return _OPERATIONS[name](name, work, segment)


def voxel_grid(geometry: Geometry) -> VoxelGrid:
    """Where the voxels of a series lie, for operations on volumes."""
    return VoxelGrid(
        geometry.positions @ geometry.normal,
        geometry.slice_reach.sum(axis=1),
        geometry.pixel_spacing,
        slice_shifts(geometry),
    )


def _without_number(operation: Callable[[Volume], Volume]) -> "_Choice":
    return lambda name, work, segment: ChosenOperation(name, operation)


def _with_grid(operation: Callable[..., Volume]) -> "_Choice":
    return lambda name, work, segment: ChosenOperation(
        name, partial(operation, grid=voxel_grid(work.series.geometry))
    )


def _islands(name: str, work: Work, segment: Segment) -> ChosenOperation:
    geometry = work.series.geometry
    # An unknown thickness counts as 1 mm, which makes a volume of 1 mm³ an area of 1 mm².
    unit = "mm²" if geometry.is_of_unknown_thickness else "mm³"
    smallest = _number(f"Smaller than ({unit})", "volume-mm3", 100.0, step=10.0, least=0.0)
    grid = voxel_grid(geometry)
    return ChosenOperation(
        name, partial(remove_islands, grid=grid, smallest_mm3=smallest), inputs=smallest
    )


def _smooth(name: str, work: Work, segment: Segment) -> ChosenOperation:
    length = _number(
        "Details below (mm)",
        "volume-smooth",
        2.0,
        step=0.5,
        least=0.1,
        help="Standard deviation of the Gaussian that smooths, within slices and between them.",
    )
    grid = voxel_grid(work.series.geometry)
    return ChosenOperation(name, partial(smooth, grid=grid, deviation_mm=length), inputs=length)


def _margin(sign: int) -> "_Choice":
    def choose(name: str, work: Work, segment: Segment) -> ChosenOperation:
        margin = _number("By (mm)", "volume-margin", 2.0, step=0.5, least=0.1)
        grid = voxel_grid(work.series.geometry)
        operation = partial(add_margin, grid=grid, margin_mm=sign * margin)
        return ChosenOperation(name, operation, inputs=margin)

    return choose


def _values(name: str, work: Work, segment: Segment) -> ChosenOperation:
    unit = f" ({work.series.summary.units})" if work.series.summary.units else ""
    first_low, first_high = _range_inside(work, segment)
    low = _number(f"From{unit}", f"volume-low-{work.annotation_key}-{segment.number}", first_low)
    high = _number(f"To{unit}", f"volume-high-{work.annotation_key}-{segment.number}", first_high)
    operation = partial(keep_values, values=work.series.volume, low=low, high=high)
    return ChosenOperation(name, operation, inputs=(low, high))


def _with_other(operation: Callable[[Volume, Volume], Volume]) -> "_Choice":
    def choose(name: str, work: Work, segment: Segment) -> ChosenOperation | None:
        others = {one.number: one for one in work.segments() if one.number != segment.number}
        number = st.selectbox(
            "Segment",
            others,
            format_func=lambda number: f"{number} {plain(others[number].label)}",
            key=f"volume-other-{segment.number}",
            placeholder="No other segment",
            disabled=not others,
            width=180,
        )
        if number is None:
            return None
        return ChosenOperation(name, operation, number, inputs=number)

    return choose


def _number(
    label: str,
    key: str,
    first: float,
    *,
    step: float | None = None,
    least: float | None = None,
    help: str | None = None,
) -> float:
    return st.number_input(
        label,
        value=first,
        min_value=least,
        step=step,
        key=key,
        help=help,
        format="%g",
        width=_NUMBER_WIDTH,
    )


def _range_inside(work: Work, segment: Segment) -> tuple[float, float]:
    """Smallest and largest value that the segment marks: the range that removes nothing."""
    volume = work.series.volume
    marked = [
        volume[index][one.mask]
        for index, one in work.annotations_of(segment.number).items()
        if one.pixels
    ]
    if not marked:
        return float(volume.min()), float(volume.max())
    return float(min(one.min() for one in marked)), float(max(one.max() for one in marked))


def _minus(mask: Volume, other: Volume) -> Volume:
    return mask & ~other


_Choice = Callable[[str, Work, Segment], ChosenOperation | None]

_OPERATIONS: Mapping[str, _Choice] = {
    "Keep largest part": _with_grid(keep_largest_part),
    "Remove islands": _islands,
    "Fill holes in each slice": _without_number(fill_holes),
    "Fill enclosed cavities": _with_grid(fill_cavities),
    "Smooth": _smooth,
    "Grow by a margin": _margin(1),
    "Shrink by a margin": _margin(-1),
    "Keep a range of values": _values,
    "Union with": _with_other(np.logical_or),
    "Minus": _with_other(_minus),
    "Intersect with": _with_other(np.logical_and),
}
