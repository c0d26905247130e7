"""The planes of one image file: where its frames lie, and what else sets them apart."""

from pydicom.dataset import Dataset, FileDataset

from core.dicom.errors import DamagedError
from core.dicom.files import file_label, items_of, number_of, text_of, value_of
from core.dicom.frame_placement import (
    FramePlacement,
    frame_placement,
    orientation_of,
    vector_of,
)
from core.dicom.headers import Header, Plane
from core.dicom.spacing import pixel_spacing

VOLUME_KEYS = {
    "TemporalPositionIdentifier": "time point",
    "DiffusionBValue": "b-value",
    "NominalPercentageOfCardiacPhase": "cardiac phase",
    "NominalPercentageOfRespiratoryPhase": "respiratory phase",
    "FrameReferenceTime": "frame time",
    "EchoNumbers": "echo",
    "EchoTime": "echo time",
    "TriggerTime": "trigger time",
    "InversionTime": "inversion time",
    "FlipAngle": "flip angle",
    "DiffusionGradientOrientation": "direction",
    "SequenceName": "sequence",
    "AcquisitionNumber": "acquisition",
    "AcquisitionTime": "acquisition time",
    "ContentTime": "content time",
    "TimeSlotVector": "time slot",
    "RRIntervalVector": "R-R interval",
    "EnergyWindowVector": "energy window",
    "ImageType": "image type",
}
"""What may distinguish images at one position, with words for it, the most specific first."""

_FRAME_TYPE_SEQUENCES = (
    "MRImageFrameTypeSequence",
    "CTImageFrameTypeSequence",
    "PETFrameTypeSequence",
)


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
    keys = {name: text for name in VOLUME_KEYS if (text := text_of(dataset, name))}
    per_frame = items_of(dataset, "PerFrameFunctionalGroupsSequence")
    if not per_frame:
        placed = frame_placement(dataset, frames)
        if placed is not None:
            return _placed_planes(dataset, header, placed, spacing, keys)
        shared = next(iter(items_of(dataset, "SharedFunctionalGroupsSequence")), Dataset())
        measures = next(iter(items_of(shared, "PixelMeasuresSequence")), Dataset())
        spacing = spacing or pixel_spacing(measures)[0]
        # Frames without functional groups are moments or views, not places in a stack.
        position = vector_of(dataset, "ImagePositionPatient", 3) if frames == 1 else None
        orientation = orientation_of(dataset)
        numbers = [None] if value_of(dataset, "NumberOfFrames") is None else range(1, frames + 1)
        return [
            Plane(
                header=header,
                frame=number,
                position=position if orientation else None,
                orientation=orientation if position else None,
                pixel_spacing=spacing,
                slice_thickness=_thickness(dataset),
                volume_keys=keys,
            )
            for number in numbers
        ]
    if len(per_frame) != frames:
        raise DamagedError(
            f"{file_label(header.path)} describes {len(per_frame)} frames but states {frames}; "
            "fetch it again from its source.",
            header.series_key,
        )
    shared = next(iter(items_of(dataset, "SharedFunctionalGroupsSequence")), Dataset())
    return [
        _functional_group_plane(header, number, item, shared, keys)
        for number, item in enumerate(per_frame, start=1)
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


def _functional_group_plane(
    header: Header, number: int, frame: Dataset, shared: Dataset, keys: dict[str, str]
) -> Plane:
    """Collect a frame's attributes from its own functional groups and the shared ones."""

    def group(sequence: str) -> Dataset:
        items = items_of(frame, sequence) or items_of(shared, sequence)
        return items[0] if len(items) else Dataset()

    content = group("FrameContentSequence")
    frame_keys = {
        "TemporalPositionIdentifier": text_of(content, "TemporalPositionIndex"),
        "DiffusionBValue": text_of(group("MRDiffusionSequence"), "DiffusionBValue"),
        "EchoTime": text_of(group("MREchoSequence"), "EffectiveEchoTime"),
        "TriggerTime": text_of(
            group("CardiacSynchronizationSequence"), "NominalCardiacTriggerDelayTime"
        ),
        "AcquisitionNumber": text_of(content, "FrameAcquisitionNumber"),
        "AcquisitionTime": text_of(content, "FrameAcquisitionDateTime"),
        "NominalPercentageOfCardiacPhase": text_of(
            group("CardiacSynchronizationSequence"), "NominalPercentageOfCardiacPhase"
        ),
        "NominalPercentageOfRespiratoryPhase": text_of(
            group("RespiratorySynchronizationSequence"), "NominalPercentageOfRespiratoryPhase"
        ),
        "FrameReferenceTime": text_of(content, "FrameReferenceDateTime"),
        "ImageType": next(
            (
                frame_type
                for sequence in _FRAME_TYPE_SEQUENCES
                if (frame_type := text_of(group(sequence), "FrameType"))
            ),
            "",
        ),
    }
    gradients = items_of(group("MRDiffusionSequence"), "DiffusionGradientDirectionSequence")
    if len(gradients):
        frame_keys["DiffusionGradientOrientation"] = text_of(
            gradients[0], "DiffusionGradientOrientation"
        )
    measures = group("PixelMeasuresSequence")
    position = vector_of(group("PlanePositionSequence"), "ImagePositionPatient", 3)
    orientation = orientation_of(group("PlaneOrientationSequence"))
    return Plane(
        header=header,
        frame=number,
        position=position if orientation else None,
        orientation=orientation if position else None,
        pixel_spacing=pixel_spacing(measures)[0],
        slice_thickness=_thickness(measures),
        volume_keys=keys | {name: text for name, text in frame_keys.items() if text},
    )


def _thickness(dataset: Dataset) -> float | None:
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        length = number_of(dataset, keyword)
        if length is not None and 1e-6 < abs(length) < 1e4:
            return abs(length)
    return None
