"""Sorting planes into stacks: one `SeriesSummary` for each set of parallel, equal slices."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from core.dicom.geometry import Geometry, plane_normal
from core.dicom.headers import BurnedInText, Header, Plane, volume_key_words
from core.dicom.series import SeriesSummary, SliceRecord
from core.dicom.suv import suv_scale
from core.dicom.uids import derive_uid

SAME_POSITION_MM = 0.01
"""Slices closer than this along the normal lie at the same position."""

_SPACING_PROBLEMS = {
    "none": "The files do not say how large a pixel is: lengths and volumes cannot be told.",
    "detector": "Pixel sizes are those at the detector: structures appear larger than they are.",
    "magnified": "Pixel sizes are estimated from those at the detector and the magnification.",
    "scanned": "Pixel sizes are those of the film that was scanned, not of the patient.",
    "ultrasound region": (
        "The image holds regions of different scale; pixel sizes are those of the largest."
    ),
}

_DIRECTION_TOLERANCE = 1e-3
_SPACING_TOLERANCE = 1e-3
_UNEVEN_SHARE = 0.05
_TILT_DEGREES = 0.5


def group_headers(headers: Iterable[Header]) -> list[SeriesSummary]:
    """Sort the images of any number of series into stacks, ordered by study and series number.

    Copies of an instance are left out. A series whose images differ in size, orientation or
    pixel spacing is split, and so is one with several images at the same position (time points,
    b-values, echoes): the largest part keeps the UID of the series.

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
    return sorted(summaries, key=_list_order)


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
    unique: dict[str, Header] = {}
    for header in headers:
        unique.setdefault(header.sop_instance_uid, header)
    copies = len(headers) - len(unique)
    planes = [plane for header in unique.values() for plane in header.planes]
    parts = [
        (volume, words)
        for stack in _split_by_plane(planes)
        for volume, words in _split_by_volume(stack)
    ]
    # The size decides first; the rest only makes the order the same at every reading.
    parts.sort(key=lambda part: (-len(part[0]), _signature(part[0])))
    return [
        _summary(volume, words, number, len(parts), copies)
        for number, (volume, words) in enumerate(parts, start=1)
    ]


def _signature(stack: Sequence[Plane]) -> tuple[str, ...]:
    return tuple(f"{plane.header.sop_instance_uid}:{plane.frame or 0}" for plane in stack)


def _split_by_plane(planes: Sequence[Plane]) -> list[list[Plane]]:
    """Split planes into sets that share size, orientation, pixel spacing and frame of reference."""
    by_kind: dict[tuple[object, ...], list[list[Plane]]] = defaultdict(list)
    for plane in planes:
        header = plane.header
        kind: tuple[object, ...] = (
            header.rows,
            header.columns,
            header.is_color,
            header.is_localiser,
            header.is_inverted,
            header.frame_of_reference_uid,
            # Two views of a breast are no stack, however alike they are.
            header.view if plane.position is None else "",
            # Without a position nothing tells how frames of several clips would go together.
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
        abs(one - other) <= tolerance * (abs(other) if relative else 1.0)
        for one, other in zip(first, second, strict=True)
    )


def _split_by_volume(stack: list[Plane]) -> list[tuple[list[Plane], str]]:
    """Order planes by position; where positions repeat, split them into volumes.

    Returns
    -------
    list of (planes, words)
        `words` tells the volume apart from its siblings, such as "b-value 1000".
    """
    if stack[0].position is None:
        return [(sorted(stack, key=_by_number), "")]
    ordered = sorted(stack, key=lambda plane: (_distance(plane), _by_number(plane)))
    if not _repeats_positions(ordered):
        return [(ordered, "")]
    names = _telling_names(ordered)
    if names:
        volumes = _split_by_keys(ordered, names)
        return [(volumes[values], _volume_words(names, values)) for values in sorted(volumes)]
    return [
        (volume, f"volume {number}")
        for number, volume in enumerate(_split_by_turn(ordered), start=1)
    ]


def _telling_names(ordered: Sequence[Plane]) -> list[str]:
    """Find the attributes that tell volumes apart: one, or as many as it takes together.

    They must give as many volumes as there are planes at one position, so that neither a position
    repeats within a volume nor a volume falls apart into single slices.

    Returns
    -------
    list of str
        The fewest and the most telling; empty where there are none.
    """
    repeats = len(_split_by_turn(ordered))
    every_name = list(volume_key_words())
    for name in every_name:
        if _tell_apart(ordered, [name], repeats):
            return [name]
    chosen: list[str] = []
    parts = 1
    for name in every_name:
        volumes = _split_by_keys(ordered, [*chosen, name])
        if parts < len(volumes) <= repeats:
            chosen, parts = [*chosen, name], len(volumes)
            if _tell_apart(ordered, chosen, repeats):
                return chosen
    return []


def _tell_apart(ordered: Sequence[Plane], names: Sequence[str], repeats: int) -> bool:
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
    """Name a volume by what tells it apart, such as "b-value 1000, direction 3"."""
    words = volume_key_words()
    return ", ".join(
        f"{words[name]} {text.removesuffix('.0') or 'not stated'}"
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
    )


def _summary(
    stack: Sequence[Plane], words: str, number: int, parts: int, copies: int
) -> SeriesSummary:
    header = stack[0].header
    geometry = _geometry(stack)
    units, unit_factor, unit_problem = _units(stack)
    view = header.view if stack[0].position is None else ""
    label = words or view or (f"part {number}" if parts > 1 else "")
    description = f"{header.series_description} ({label})" if label else header.series_description
    return SeriesSummary(
        uid=header.series_uid if number == 1 else derive_uid(header.series_uid, *_signature(stack)),
        study_uid=header.study_uid,
        series_instance_uid=header.series_uid,
        frame_of_reference_uid=header.frame_of_reference_uid,
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
        problems=tuple(filter(None, (*_problems(stack, geometry, parts, copies), unit_problem))),
        inverted=header.is_inverted,
        units=units,
        unit_factor=unit_factor,
        burned_in_text=_burned_in_text(stack),
    )


def _units(stack: Sequence[Plane]) -> tuple[str, float, str]:
    """Return the unit of the values, the factor that leads to it, and what keeps PET from SUV."""
    header = stack[0].header
    if header.pet is not None:
        suv = suv_scale(plane.header.pet for plane in stack if plane.header.pet is not None)
        if suv.factor is not None:
            return "SUVbw", suv.factor, ""
        return {"BQML": "Bq/ml"}.get(header.pet.units, header.pet.units), 1.0, suv.reason
    return "HU" if header.modality == "CT" and not header.is_color else "", 1.0, ""


def _burned_in_text(stack: Sequence[Plane]) -> BurnedInText:
    found = {plane.header.burned_in_text for plane in stack}
    return "yes" if "yes" in found else "unknown" if "unknown" in found else "no"


def _problems(stack: Sequence[Plane], geometry: Geometry, parts: int, copies: int) -> Iterable[str]:
    header = stack[0].header
    if copies:
        yield f"{copies} file(s) are copies of others and were left out."
    if parts > 1:
        yield (
            f"The series holds {parts} stacks of different orientation, size or kind (such as "
            "localisers or time points); each is listed by itself."
        )
    if header.is_localiser:
        yield "This is a localiser, made to plan the others."
    if stack[0].position is None:
        yield (
            "The files do not say where the slices lie in the patient: they are in the order of "
            "their numbers, and lengths and volumes cannot be relied on."
        )
    elif header.frame_of_reference_uid is None:
        yield "The files name no frame of reference, which a DICOM segmentation needs."
    if header.spacing_source in _SPACING_PROBLEMS and not (
        header.spacing_source == "none" and geometry.has_pixel_size
    ):
        yield _SPACING_PROBLEMS[header.spacing_source]
    if any(plane.header.has_derived_uids for plane in stack):
        yield (
            "The files leave out some of their identifiers (study, series or instance UID); "
            "Slicewise uses the file meta's or made some up, which an archive may not know."
        )
    burned_in_text = _burned_in_text(stack)
    if burned_in_text == "yes":
        yield "The images are marked as showing text, which may name the patient."
    elif burned_in_text == "unknown":
        yield (
            "Images of this kind often show text that names the patient, and these do not say that "
            "they show none: look at them before passing them on."
        )
    yield from _spacing_problems(geometry)


def _spacing_problems(geometry: Geometry) -> Iterable[str]:
    gaps = geometry.slice_gaps
    if not geometry.in_patient or not len(gaps):
        return
    usual = geometry.slice_spacing
    missing = list(geometry.missing_slices)
    for index in missing[:3]:
        yield (
            f"Slices seem to be missing: {gaps[index]:.2f} mm between slices {index + 1} and "
            f"{index + 2} (counted from 1), {usual:.2f} mm elsewhere."
        )
    if len(missing) > 3:
        yield f"There are {len(missing) - 3} more such gaps."
    rest = np.delete(gaps, missing)
    if len(rest) and np.ptp(rest) > _UNEVEN_SHARE * usual:
        yield (
            f"Slices are unevenly spaced: {rest.min():.2f} to {rest.max():.2f} mm; "
            "volumes in ml use the median."
        )
    if geometry.tilt > _TILT_DEGREES:
        yield (
            f"Slices are shifted against each other by {geometry.tilt:.1f}° (tilted gantry): "
            "positions are kept exactly, but views across the slices would be slanted."
        )
