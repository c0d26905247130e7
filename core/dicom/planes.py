"""The planes of one image file: where its frames lie, and what else sets them apart."""

from typing import NamedTuple

from pydicom.dataset import Dataset, FileDataset

from core.dicom.errors import DamagedError
from core.dicom.files import file_label, items_of, number_of, value_of
from core.dicom.frame_placement import (
    FramePlacement,
    frame_placement,
    orientation_of,
    vector_of,
)
from core.dicom.headers import Header, Plane
from core.dicom.several_values import first_item
from core.dicom.spacing import pixel_spacing
from core.dicom.volume_attributes import frame_volume_keys, telling_dimensions, volume_keys


class _Groups(NamedTuple):
    """What the functional groups of a frame, or the shared ones, say of its place (C.7.6.16.2)."""

    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None
    thickness: float | None
    stack_position: float | None
    volume_keys: dict[str, str]


def read_planes(
    dataset: FileDataset, header: Header, frames: int, spacing: tuple[float, float] | None
) -> list[Plane]:
    """Read one plane for each frame of a file.

    Parameters
    ----------
    dataset : pydicom.dataset.FileDataset
        The header of the file.
    header : Header
        What has been read of it.
    frames : int
        Number of frames, as `checked_frames` returns it.
    spacing : tuple of float or None
        Of the whole image, between rows, then between columns, in mm; frames with functional
        groups state their own.

    Raises
    ------
    DamagedError
        When the file describes another number of frames than it states.
    """
    keys = volume_keys(dataset)
    per_frame = items_of(dataset, "PerFrameFunctionalGroupsSequence")
    if per_frame and len(per_frame) != frames:
        raise DamagedError(
            f"{file_label(header.path)} describes {len(per_frame)} frames but states {frames}; "
            "fetch it again from its source.",
            header.series_key,
        )
    dimensions = telling_dimensions(dataset)
    shared = _groups(first_item(dataset, "SharedFunctionalGroupsSequence"), dimensions)
    if per_frame:
        return [
            _functional_group_plane(header, number, _groups(item, dimensions), shared, keys)
            for number, item in enumerate(per_frame, start=1)
        ]
    placed = frame_placement(dataset, frames)
    if placed is not None:
        return _placed_planes(dataset, header, placed, spacing, keys)
    return _plain_planes(dataset, header, frames, spacing or shared.spacing, keys, shared)


def _plain_planes(
    dataset: FileDataset,
    header: Header,
    frames: int,
    spacing: tuple[float, float] | None,
    keys: dict[str, str],
    shared: _Groups,
) -> list[Plane]:
    """Return the plane of an image of one frame, or those of frames without places.

    Frames without functional groups of their own are moments or views, not places in a stack.
    """
    stated = vector_of(dataset, "ImagePositionPatient", 3) or shared.position
    position = stated if frames == 1 else None
    orientation = orientation_of(dataset) or shared.orientation
    numbers = [None] if value_of(dataset, "NumberOfFrames") is None else range(1, frames + 1)
    return [
        Plane(
            header=header,
            frame=number,
            position=position if orientation else None,
            orientation=orientation if position else None,
            pixel_spacing=spacing,
            slice_thickness=_thickness(dataset) or shared.thickness,
            volume_keys=keys | shared.volume_keys,
            stated_position=position,
            slice_location=number_of(dataset, "SliceLocation") if frames == 1 else None,
        )
        for number in numbers
    ]


def _placed_planes(
    dataset: FileDataset,
    header: Header,
    placed: FramePlacement,
    spacing: tuple[float, float] | None,
    keys: dict[str, str],
) -> list[Plane]:
    """Return one plane per frame of an object that places its frames by a vector."""
    return [
        Plane(
            header=header,
            frame=number,
            position=position,
            orientation=placed.orientation,
            pixel_spacing=spacing,
            slice_thickness=_thickness(dataset),
            volume_keys=keys | frame_keys,
        )
        for number, (position, frame_keys) in enumerate(
            zip(placed.positions, placed.volume_keys, strict=True), start=1
        )
    ]


def _groups(item: Dataset, dimensions: list[int]) -> _Groups:
    if not len(item):
        return _Groups(None, None, None, None, None, {})
    measures = first_item(item, "PixelMeasuresSequence")
    return _Groups(
        position=vector_of(first_item(item, "PlanePositionSequence"), "ImagePositionPatient", 3),
        orientation=orientation_of(first_item(item, "PlaneOrientationSequence")),
        spacing=pixel_spacing(measures)[0] if len(measures) else None,
        thickness=_thickness(measures),
        stack_position=number_of(first_item(item, "FrameContentSequence"), "InStackPositionNumber"),
        volume_keys=frame_volume_keys(item, dimensions),
    )


def _functional_group_plane(
    header: Header, number: int, own: _Groups, shared: _Groups, keys: dict[str, str]
) -> Plane:
    """Join a frame's own functional groups with the shared ones."""
    position = own.position or shared.position
    orientation = own.orientation or shared.orientation
    return Plane(
        header=header,
        frame=number,
        position=position if orientation else None,
        orientation=orientation if position else None,
        pixel_spacing=own.spacing or shared.spacing,
        slice_thickness=own.thickness or shared.thickness,
        volume_keys=keys | shared.volume_keys | own.volume_keys,
        stated_position=position,
        stack_position=own.stack_position,
    )


def _thickness(dataset: Dataset) -> float | None:
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        length = number_of(dataset, keyword)
        if length is not None and 1e-6 < abs(length) < 1e4:
            return abs(length)
    return None
