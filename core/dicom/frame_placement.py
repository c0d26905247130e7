"""Frames placed by one position and a vector: RT dose grids and reconstructed NM tomography."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import RTDoseStorage

from core.dicom.files import number_of, numbers_of, text_of
from core.dicom.geometry import plane_normal
from core.dicom.several_values import first_item

_SLICE_TOLERANCE_MM = 1e-3
_NM_VECTORS = ("TimeSlotVector", "RRIntervalVector", "EnergyWindowVector")


@dataclass(frozen=True)
class FramePlacement:
    """Position in mm, LPS, and further attributes of each frame; one orientation of all."""

    orientation: tuple[float, ...]
    positions: tuple[tuple[float, ...], ...]
    volume_keys: tuple[dict[str, str], ...]


def frame_placement(dataset: Dataset, frames: int) -> FramePlacement | None:
    """Place the frames of an RT dose or a reconstructed NM tomography.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        The header.
    frames : int
        Number of frames.

    Returns
    -------
    FramePlacement or None
        None for other objects, and where the vectors are missing or do not fit the frames.
    """
    is_dose = text_of(dataset, "SOPClassUID") == RTDoseStorage
    if (is_dose or text_of(dataset, "Modality") == "RTDOSE") and frames > 1:
        return _dose_placement(dataset, frames)
    if "RECON" in text_of(dataset, "ImageType") and text_of(dataset, "Modality") in ("NM", "PT"):
        return _tomography_placement(dataset, frames)
    return None


def _dose_placement(dataset: Dataset, frames: int) -> FramePlacement | None:
    """Read the offsets of the planes along the normal (PS3.3 C.8.8.3.2)."""
    offsets = numbers_of(dataset, "GridFrameOffsetVector")
    position = vector_of(dataset, "ImagePositionPatient", 3)
    orientation = orientation_of(dataset)
    if len(offsets) != frames or position is None or orientation is None:
        return None
    if abs(offsets[0]) > _SLICE_TOLERANCE_MM:
        # Not offsets but z of every plane, which the standard allows in axial grids alone.
        is_axial = np.allclose(np.abs(orientation), (1, 0, 0, 0, 1, 0), atol=1e-3)
        if not is_axial or abs(offsets[0] - position[2]) > _SLICE_TOLERANCE_MM:
            return None
        positions = tuple((position[0], position[1], z) for z in offsets)
        return FramePlacement(orientation, positions, ({},) * frames)
    return FramePlacement(
        orientation, _along_normal(position, orientation, offsets), ({},) * frames
    )


def _tomography_placement(dataset: Dataset, frames: int) -> FramePlacement | None:
    """Read slice numbers and the spacing, whose sign is the direction (PS3.3 C.8.4.15)."""
    detector = first_item(dataset, "DetectorInformationSequence")
    position = vector_of(detector, "ImagePositionPatient", 3)
    orientation = orientation_of(detector)
    numbers = numbers_of(dataset, "SliceVector")
    spacing = number_of(dataset, "SpacingBetweenSlices")
    if not spacing or len(numbers) != frames or position is None or orientation is None:
        return None
    offsets = [spacing * (number - 1) for number in numbers]
    vectors = {
        keyword: values
        for keyword in _NM_VECTORS
        if len(values := numbers_of(dataset, keyword)) == frames
    }
    keys = tuple(
        {keyword: f"{values[index]:g}" for keyword, values in vectors.items()}
        for index in range(frames)
    )
    return FramePlacement(orientation, _along_normal(position, orientation, offsets), keys)


def _along_normal(
    position: Sequence[float], orientation: Sequence[float], offsets: Sequence[float]
) -> tuple[tuple[float, ...], ...]:
    normal = plane_normal(np.array(orientation[:3]), np.array(orientation[3:]))
    return tuple(tuple((np.array(position) + offset * normal).tolist()) for offset in offsets)


def vector_of(dataset: Dataset, keyword: str, length: int) -> tuple[float, ...] | None:
    """Return the numbers of an attribute; None where they are not `length`."""
    numbers = numbers_of(dataset, keyword)
    return numbers if len(numbers) == length else None


def orientation_of(dataset: Dataset) -> tuple[float, ...] | None:
    """Return six direction cosines, made exactly of unit length; None where they are no plane."""
    cosines = vector_of(dataset, "ImageOrientationPatient", 6)
    if cosines is None:
        return None
    row, column = np.array(cosines[:3]), np.array(cosines[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if not all(0.9 < length < 1.1 for length in lengths) or abs(row @ column) > 0.05:
        return None
    return (*(row / lengths[0]).tolist(), *(column / lengths[1]).tolist())
