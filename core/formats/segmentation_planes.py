"""Where the frames of a DICOM segmentation lie, and on which slices of a series."""

import numpy as np
from pydicom.dataset import Dataset

from core.dicom.files import integer_of, number_of, numbers_of
from core.dicom.pixels import functional_group
from core.dicom.series import SeriesSummary
from core.formats.image_references import NamedImages
from core.formats.resampling import Planes

_DIRECTION_TOLERANCE = 1e-3
_SPACING_TOLERANCE = 1e-2


def misfit(dataset: Dataset, summary: SeriesSummary) -> str:
    """Return in what the planes differ from the slices, for a sentence; "" where they may fit."""
    size = integer_of(dataset, "Rows"), integer_of(dataset, "Columns")
    if size != (summary.rows, summary.columns):
        return f"has {size[0]} × {size[1]} pixels, the series {summary.rows} × {summary.columns}"
    geometry = summary.geometry
    expected = [*geometry.row_direction, *geometry.column_direction]
    for cosines in _distinct(dataset, "PlaneOrientationSequence", "ImageOrientationPatient"):
        if len(cosines) == 6 and not np.allclose(cosines, expected, atol=_DIRECTION_TOLERANCE):
            return "lies in planes of another orientation than the series"
    for spacing in _distinct(dataset, "PixelMeasuresSequence", "PixelSpacing"):
        if len(spacing) == 2 and not np.allclose(
            spacing, summary.pixel_spacing, rtol=_SPACING_TOLERANCE
        ):
            return "has pixels of another size than the series"
    return ""


def _distinct(dataset: Dataset, sequence: str, keyword: str) -> set[tuple[float, ...]]:
    """Return the values of an attribute that any of the frames has."""
    frames = integer_of(dataset, "NumberOfFrames") or 1
    groups = (functional_group(dataset, sequence, frame) for frame in range(frames))
    return {numbers_of(group, keyword) for group in groups if group is not None}


def planes_of(dataset: Dataset) -> Planes | None:
    """Read where the frames lie; None unless all say so in the same orientation."""
    frames = integer_of(dataset, "NumberOfFrames") or 1
    groups = [
        [functional_group(dataset, sequence, frame) or Dataset() for frame in range(frames)]
        for sequence in (
            "PlanePositionSequence",
            "PlaneOrientationSequence",
            "PixelMeasuresSequence",
        )
    ]
    positions = [numbers_of(group, "ImagePositionPatient") for group in groups[0]]
    cosines = [numbers_of(group, "ImageOrientationPatient") for group in groups[1]]
    spacing = [numbers_of(group, "PixelSpacing") for group in groups[2]]
    if (
        any(len(position) != 3 for position in positions)
        or any(len(six) != 6 or not np.allclose(six, cosines[0]) for six in cosines)
        or any(len(pair) != 2 or min(pair) <= 0 or pair != spacing[0] for pair in spacing)
    ):
        return None
    row, column = np.array(cosines[0][:3]), np.array(cosines[0][3:])
    if not all(
        0.9 < np.linalg.norm(vector) < 1.1 for vector in (row, column, np.cross(row, column))
    ):
        return None
    steps = (number_of(groups[2][0], name) for name in ("SpacingBetweenSlices", "SliceThickness"))
    return Planes(
        row_direction=row,
        column_direction=column,
        positions=np.array(positions),
        pixel_spacing=(spacing[0][0], spacing[0][1]),
        step=next((abs(step) for step in steps if step), 1.0),
    )


def slice_of(
    dataset: Dataset, frame: int, summary: SeriesSummary, named: NamedImages
) -> int | None:
    """Find the slice that a frame lies on, by position, or by the image it names without one."""
    geometry = summary.geometry
    group = functional_group(dataset, "PlanePositionSequence", frame)
    position = numbers_of(group, "ImagePositionPatient") if group else ()
    if len(position) != 3 or not geometry.in_patient:
        # A segmentation of one image may leave out what can only be that image.
        if summary.slices == 1 and not named.names_image:
            return 0
        return named.slices[0] if len(named.slices) == 1 else None
    offsets = geometry.positions - np.array(position)
    index = int(np.argmin(np.abs(offsets @ geometry.normal)))
    # Half a pixel, or a tenth of the way to the next slice, is where rounding ends.
    tolerance = max(0.5 * min(geometry.pixel_spacing), 1e-3)
    across = abs(offsets[index] @ geometry.normal)
    if across > min(tolerance, 0.1 * geometry.slice_spacing):
        return None
    within = max(
        abs(offsets[index] @ geometry.row_direction),
        abs(offsets[index] @ geometry.column_direction),
    )
    return index if within <= tolerance else None
