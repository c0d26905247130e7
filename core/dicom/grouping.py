"""Sorting planes into stacks: one `SeriesSummary` for each set of parallel, equal slices."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.dicom.copies import without_copies
from core.dicom.geometry import Geometry
from core.dicom.headers import Header, Plane
from core.dicom.problems import WholeSeries, burned_in_text, frame_of_reference, problems_of
from core.dicom.series import SeriesSummary, SliceRecord
from core.dicom.slice_order import distance
from core.dicom.slice_steps import is_even
from core.dicom.stated_numbers import missing_images
from core.dicom.suv import SuvScale, suv_scale
from core.dicom.uids import derive_uid
from core.dicom.volumes import Volume, split_by_volume

_DIRECTION_TOLERANCE = 1e-3
_SPACING_TOLERANCE = 1e-3

_FEWEST_SLICES = 3
"""Fewer lie in even steps whatever they are."""


def group_headers(headers: Iterable[Header]) -> list[SeriesSummary]:
    """Sort the images of any number of series into stacks, ordered by study and series number.

    Copies are left out. A series whose images differ in size, orientation or pixel spacing is
    split, and so is one with several images at the same position (time points, b-values, echoes):
    the largest part keeps the UID of the series. Two series of different studies under one UID
    get different ones.

    Returns
    -------
    list of SeriesSummary
        `damaged` is empty: the caller knows of the files that could not be read.
    """
    by_series: dict[str, list[Header]] = defaultdict(list)
    for header in headers:
        by_series[header.series_key].append(header)
    summaries = [
        summary for members in by_series.values() for summary in _summaries_of_series(members)
    ]
    return sorted(_with_unique_uids(summaries), key=_list_order)


def _with_unique_uids(summaries: Sequence[SeriesSummary]) -> Iterator[SeriesSummary]:
    """Yield stacks such that each can be chosen by its UID; the largest of a UID keeps it."""
    taken: set[str] = set()
    for summary in sorted(summaries, key=lambda one: (-one.slices, one.study_uid)):
        if summary.uid in taken:
            summary = replace(summary, uid=derive_uid(summary.study_uid, summary.uid))
        taken.add(summary.uid)
        yield summary


def _list_order(summary: SeriesSummary) -> tuple[object, ...]:
    """Order by study, series number and series; within one, "time point 2" before "… 10"."""
    words = re.split(r"(\d+)", summary.series_description)
    return (
        summary.study_uid,
        summary.series_number or 0,
        summary.series_instance_uid,
        [(int(word) if word.isdecimal() else 0, word) for word in words],
    )


def _summaries_of_series(headers: Sequence[Header]) -> list[SeriesSummary]:
    unique, copies = without_copies(headers)
    planes = [plane for header in unique for plane in header.planes]
    parts = [volume for stack in _split_by_plane(planes) for volume in split_by_volume(stack)]
    # The size decides first; the rest only makes the order the same at every reading. UIDs are
    # compared as text here: stored annotations are known by which stack has the series' UID.
    parts.sort(key=lambda volume: (-len(volume.planes), _signature(volume.planes)))
    frames = {frame_of_reference(one.planes) for one in parts if one.planes[0].position is not None}
    whole = WholeSeries(
        len(parts), copies, len(frames), tuple(dict.fromkeys(missing_images(unique)))
    )
    # Every stack of a series was corrected to the same time (PS3.3 C.8.9.1.1.5).
    facts = [header.pet for header in unique if header.pet is not None]
    suv = suv_scale(facts) if facts else None
    return [_summary(volume, number, whole, suv) for number, volume in enumerate(parts, start=1)]


def _signature(stack: Sequence[Plane]) -> tuple[str, ...]:
    return tuple(f"{plane.header.sop_instance_uid}:{plane.frame or 0}" for plane in stack)


def _split_by_plane(planes: Sequence[Plane]) -> list[list[Plane]]:
    """Split planes into sets that share size, orientation, pixel spacing and frame of reference.

    Some programs give every slice a frame of reference of its own. Slices in even steps are then
    one stack all the same.
    """
    stacks = _parallel_sets(planes, by_frame_of_reference=True)
    single = [stack[0] for stack in stacks if len(stack) == 1 and stack[0].position is not None]
    joined = [
        stack
        for stack in _parallel_sets(single, by_frame_of_reference=False)
        if len(stack) >= _FEWEST_SLICES and _are_in_even_steps(stack)
    ]
    taken = {id(plane) for stack in joined for plane in stack}
    return joined + [stack for stack in stacks if id(stack[0]) not in taken]


def _are_in_even_steps(stack: Sequence[Plane]) -> bool:
    return is_even(np.sort([distance(plane) for plane in stack]), may_have_gaps=True)


def _parallel_sets(planes: Sequence[Plane], *, by_frame_of_reference: bool) -> list[list[Plane]]:
    by_kind: dict[tuple[object, ...], list[list[Plane]]] = defaultdict(list)
    for plane in planes:
        header = plane.header
        kind: tuple[object, ...] = (
            header.rows,
            header.columns,
            header.is_color,
            header.is_localiser,
            header.is_inverted,
            header.frame_of_reference_uid if by_frame_of_reference else None,
            # Two views of a breast are no stack, however alike they are.
            header.view if plane.position is None else "",
            # Without a position nothing says how frames of several clips would go together.
            header.sop_instance_uid if plane.position is None and plane.frame else None,
        )
        for stack in by_kind[kind]:
            if _are_parallel(plane, stack[0]):
                stack.append(plane)
                break
        else:
            by_kind[kind].append([plane])
    return [stack for stacks in by_kind.values() for stack in stacks]


def _are_parallel(first: Plane, second: Plane) -> bool:
    if (first.orientation is None) != (second.orientation is None):
        return False
    if (first.pixel_spacing is None) != (second.pixel_spacing is None):
        return False
    return _are_close(
        first.orientation, second.orientation, _DIRECTION_TOLERANCE, relative=False
    ) and _are_close(first.pixel_spacing, second.pixel_spacing, _SPACING_TOLERANCE, relative=True)


def _are_close(
    first: tuple[float, ...] | None,
    second: tuple[float, ...] | None,
    tolerance: float,
    *,
    relative: bool,
) -> bool:
    if first is None or second is None:
        return True
    return all(
        abs(value - other) <= tolerance * (abs(other) if relative else 1.0)
        for value, other in zip(first, second, strict=True)
    )


def _geometry(stack: Sequence[Plane]) -> Geometry:
    first = stack[0]
    spacing = first.pixel_spacing or (1.0, 1.0)
    thickness = first.slice_thickness or 1.0
    if first.position is None or first.orientation is None:
        row, column = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
        positions = np.array([[0.0, 0.0, float(index)] for index in range(len(stack))])
    else:
        row, column = np.array(first.orientation[:3]), np.array(first.orientation[3:])
        positions = np.array([plane.position for plane in stack])
    return Geometry(
        row_direction=row,
        column_direction=column,
        positions=positions,
        pixel_spacing=spacing,
        rows=first.header.rows,
        columns=first.header.columns,
        slice_thickness=thickness,
        in_patient=first.position is not None and first.pixel_spacing is not None,
        has_pixel_size=first.pixel_spacing is not None,
        has_thickness=first.slice_thickness is not None,
    )


def _summary(
    volume: Volume, number: int, whole: WholeSeries, suv: SuvScale | None
) -> SeriesSummary:
    stack = volume.planes
    header = stack[0].header
    geometry = _geometry(stack)
    units, unit_factor, unit_problem = _units(stack, suv)
    view = header.view if stack[0].position is None else ""
    label = volume.words or view or (f"part {number}" if whole.parts > 1 else "")
    description = f"{header.series_description} ({label})" if label else header.series_description
    return SeriesSummary(
        uid=header.series_uid if number == 1 else derive_uid(header.series_uid, *_signature(stack)),
        study_uid=header.study_uid,
        series_instance_uid=header.series_uid,
        frame_of_reference_uid=frame_of_reference(stack),
        patient_name=header.patient_name,
        patient_id=header.patient_id,
        study_description=header.study_description,
        study_date=header.study_date,
        series_description=description.strip(),
        series_number=header.series_number,
        modality=header.modality,
        slices=len(stack),
        rows=header.rows,
        columns=header.columns,
        pixel_spacing=geometry.pixel_spacing,
        slice_spacing=geometry.slice_spacing,
        files=tuple(dict.fromkeys(plane.header.path for plane in stack)),
        records=tuple(
            SliceRecord(
                sop_instance_uid=plane.header.sop_instance_uid,
                sop_class_uid=plane.header.sop_class_uid,
                path=plane.header.path,
                instance_number=plane.header.instance_number,
                frame=plane.frame,
                stored=plane.header.stored,
            )
            for plane in stack
        ),
        geometry=geometry,
        problems=tuple(filter(None, (*problems_of(volume, geometry, whole), unit_problem))),
        inverted=header.is_inverted,
        units=units,
        unit_factor=unit_factor,
        burned_in_text=burned_in_text(stack),
    )


def _units(stack: Sequence[Plane], suv: SuvScale | None) -> tuple[str, float, str]:
    """Return the unit of the values, the factor that leads to it, and what keeps PET from SUV."""
    header = stack[0].header
    if header.pet is not None and suv is not None:
        if suv.factor is not None:
            return "SUVbw", suv.factor, ""
        if any(plane.header.pet and plane.header.pet.units != header.pet.units for plane in stack):
            return "", 1.0, suv.reason
        return {"BQML": "Bq/ml"}.get(header.pet.units, header.pet.units), 1.0, suv.reason
    if any(plane.header.unit != header.unit for plane in stack):
        return "", 1.0, "The images differ in the unit of their values: none is shown."
    return header.unit, 1.0, ""
