"""What a person should know before trusting a series, one sentence each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.dicom.geometry import Geometry
from core.dicom.headers import BurnedInText, Plane
from core.dicom.slice_steps import UNEVEN_SHARE
from core.dicom.stated_numbers import missing_slices
from core.dicom.volumes import Volume

_SPACING_PROBLEMS = {
    "none": "The files do not say how large a pixel is: lengths and volumes cannot be measured.",
    "detector": "Pixel sizes are those at the detector: structures appear larger than they are.",
    "magnified": "Pixel sizes are estimated from those at the detector and the magnification.",
    "scanned": "Pixel sizes are those of the film that was scanned, not of the patient.",
    "ultrasound region": (
        "The image holds regions of different scale; pixel sizes are those of the largest."
    ),
}

_TILT_DEGREES = 0.5

# Rounding to five decimals moves the edge of 2,048 pixels by as much.
_EDGE_SHIFT_MM = 0.01


@dataclass(frozen=True)
class WholeSeries:
    """What a person should know of every stack of a series.

    Parameters
    ----------
    parts : int
        Number of stacks that the series was split into.
    copies : int
        Number of files that were left out as copies.
    frames_of_reference : int
        Number of frames of reference that the stacks lie in.
    missing : tuple of str
        One sentence each about images that should be there.
    """

    parts: int
    copies: int
    frames_of_reference: int
    missing: tuple[str, ...]


def problems_of(volume: Volume, geometry: Geometry, whole: WholeSeries) -> Iterable[str]:
    """Yield what a person should know before trusting a stack, one sentence each.

    Parameters
    ----------
    volume : Volume
        In position order.
    geometry : Geometry
        Where its planes lie.
    whole : WholeSeries
        The series that it belongs to.
    """
    stack = volume.planes
    header = stack[0].header
    if whole.copies:
        yield f"{whole.copies} file(s) are copies of others and were left out."
    if whole.parts > 1:
        yield (
            f"The series holds {whole.parts} stacks of different orientation, size or kind (such "
            "as localisers or time points); each is listed by itself."
        )
    if header.is_localiser:
        yield "This is a localiser, made to plan the other series."
    if whole.frames_of_reference > 1 and stack[0].position is not None:
        yield (
            "The images of the series lie in different frames of reference, so that their "
            "positions cannot be compared; those of each are listed by themselves."
        )
    if stack[0].position is not None and frame_of_reference(stack) is None:
        yield (
            "The files name no frame of reference, which a DICOM segmentation needs."
            if header.frame_of_reference_uid is None
            else "Every slice names a frame of reference of its own. They are one stack here "
            "because they lie in even steps, but without a frame of reference, which a DICOM "
            "segmentation needs."
        )
    if header.spacing_source in _SPACING_PROBLEMS and not (
        header.spacing_source == "none" and geometry.has_pixel_size
    ):
        yield _SPACING_PROBLEMS[header.spacing_source]
    if any(plane.header.has_derived_uids for plane in stack):
        yield (
            "The files leave out some of their identifiers (study, series or instance UID); "
            "Slicewise takes them from the file meta or makes them up, so an archive may not know "
            "them."
        )
    yield from _differing_spacings(stack)
    yield from _cautions_of_files(stack)
    text = burned_in_text(stack)
    if text == "yes":
        yield "The images are marked as showing text, which may name the patient."
    elif text == "unknown":
        yield (
            "Images of this kind often show text that names the patient, and these do not say that "
            "they show none: look at them before passing them on."
        )
    yield from volume.cautions
    yield from missing_slices(stack)
    yield from whole.missing
    yield from _spacing_problems(geometry)


def _differing_spacings(stack: Sequence[Plane]) -> Iterable[str]:
    """Say if slices differ in pixel spacing by little: those that differ by more are apart."""
    first = stack[0]
    edge = max(first.header.rows, first.header.columns) - 1
    shift = (
        max(
            abs(value - other) * edge
            for plane in stack
            for value, other in zip(
                plane.pixel_spacing or (), first.pixel_spacing or (), strict=False
            )
        )
        if first.pixel_spacing
        else 0.0
    )
    if shift > _EDGE_SHIFT_MM:
        yield (
            f"Pixel sizes differ between slices, by up to {shift:.2f} mm at the edge of the image; "
            "those of the first are used."
        )


def _cautions_of_files(stack: Sequence[Plane]) -> Iterable[str]:
    """Yield what the files say of themselves, and how many say so where not all do."""
    headers = {plane.header.path: plane.header for plane in stack}.values()
    counts = Counter(caution for header in headers for caution in header.cautions)
    for caution, count in counts.items():
        part = "" if count == len(headers) else f" ({count} of {len(headers)} files)"
        yield f"{caution.removesuffix('.')}{part}."


def _spacing_problems(geometry: Geometry) -> Iterable[str]:
    gaps = geometry.slice_gaps
    if geometry.in_patient and geometry.is_of_unknown_thickness:
        yield "The only slice does not say how thick it is, so no volume is measured."
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
        more = len(missing) - 3
        yield f"There {'is 1 more such gap' if more == 1 else f'are {more} more such gaps'}."
    rest = np.delete(gaps, missing)
    if len(rest) and np.ptp(rest) > UNEVEN_SHARE * usual:
        yield (
            f"Slices are unevenly spaced: {rest.min():.2f} to {rest.max():.2f} mm; "
            "volumes in ml take each slice as thick as it is far from its neighbours."
        )
    yield from _offset_problems(geometry)
    if geometry.tilt > _TILT_DEGREES:
        yield (
            f"Slices are shifted against each other by {geometry.tilt:.1f}° (tilted gantry): "
            "positions are kept exactly, also on the planes across the slices."
        )


def frame_of_reference(stack: Sequence[Plane]) -> str | None:
    """Return the UID of the frame of reference that all slices share; None where they do not."""
    uids = {plane.header.frame_of_reference_uid for plane in stack}
    return uids.pop() if len(uids) == 1 else None


def _offset_problems(geometry: Geometry) -> Iterable[str]:
    """Say if slices do not lie behind one another, on a straight line through the stack."""
    distances = geometry.positions @ geometry.normal
    span = distances[-1] - distances[0]
    if len(distances) < 3 or span <= 0:
        return
    step = (geometry.positions[-1] - geometry.positions[0]) / span
    line = geometry.positions[0] + np.outer(distances - distances[0], step)
    offset = float(np.linalg.norm(geometry.positions - line, axis=1).max())
    if offset > min(geometry.pixel_spacing) / 2:
        yield (
            f"Slices do not lie on a straight line but up to {offset:.1f} mm beside it: positions "
            "are kept exactly, but structures jump from slice to slice."
        )


def burned_in_text(stack: Sequence[Plane]) -> BurnedInText:
    """Return whether any image of a stack shows text in its pixels."""
    found = {plane.header.burned_in_text for plane in stack}
    return "yes" if "yes" in found else "unknown" if "unknown" in found else "no"
