"""What the header of one image file says: which series it belongs to, and its planes."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.dicom.errors import DicomError
from core.dicom.files import (
    PixelDataElement,
    file_label,
    integer_of,
    items_of,
    name_of,
    number_of,
    numbers_of,
    open_header,
    text_of,
    value_of,
)
from core.dicom.pixels import rescaling
from core.dicom.series import StoredPixels
from core.dicom.spacing import SpacingSource, pixel_spacing
from core.dicom.suv import PET_TAGS, PetFacts, pet_facts
from core.dicom.uids import derive_uid

MAX_FRAME_PIXELS = 2**26
"""Largest slice that is opened: 8192 × 8192, more than any detector has."""

_HEADER_TAGS = (
    "SpecificCharacterSet",
    "ImageType",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyDate",
    "SeriesDate",
    "SeriesTime",
    "Modality",
    "StudyDescription",
    "SeriesDescription",
    "PatientName",
    "PatientID",
    "AcquisitionNumber",
    "AcquisitionTime",
    "BurnedInAnnotation",
    "DiffusionBValue",
    "DiffusionGradientOrientation",
    "EchoNumbers",
    "EchoTime",
    "SequenceName",
    "TemporalPositionIdentifier",
    "TriggerTime",
    "NominalPercentageOfCardiacPhase",
    "NominalPercentageOfRespiratoryPhase",
    "FrameReferenceTime",
    "InversionTime",
    "FlipAngle",
    "ContentTime",
    "SliceThickness",
    "SpacingBetweenSlices",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "FrameOfReferenceUID",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "EstimatedRadiographicMagnificationFactor",
    "SequenceOfUltrasoundRegions",
    "ImageLaterality",
    "Laterality",
    "ViewPosition",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "RescaleIntercept",
    "RescaleSlope",
    "ModalityLUTSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    *PET_TAGS,
)

# What may tell apart images at one position, with the words for it, the most telling first.
_VOLUME_KEYS = {
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
    "ImageType": "image type",
}

# Images whose makers usually write into the pixels: ultrasound, and captures of screens.
_TEXT_MODALITIES = ("US", "IVUS", "SC", "OT")
_CAPTURE_MARK = "Secondary Capture"

_FRAME_TYPE_SEQUENCES = (
    "MRImageFrameTypeSequence",
    "CTImageFrameTypeSequence",
    "PETFrameTypeSequence",
)

_LITTLE_ENDIAN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
_TRANSFORMING_SEQUENCES = (
    "ModalityLUTSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)

_SEGMENTATION_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_IMAGE_STORAGE_MARK = "Image Storage"


BurnedInText = Literal["yes", "unknown", "no"]
"""Whether text is part of the pixels: stated, likely from the kind of image, or neither."""


class NotAnImageError(DicomError):
    """A sound DICOM object that holds no image to annotate, so it can be passed over."""


class DamagedError(DicomError):
    """A broken image file, with the key of its series; None where its header names none."""

    def __init__(self, message: str, series_key: str | None) -> None:
        super().__init__(message)
        self.series_key = series_key


@dataclass(frozen=True)
class Plane:
    """One frame of one file.

    Positions and directions in mm, LPS; None where the file gives none. `frame` counts from 1 and
    is None in single-frame files. `volume_keys` holds what may tell apart planes at one position.
    """

    header: "Header"
    frame: int | None
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    pixel_spacing: tuple[float, float] | None
    slice_thickness: float | None
    volume_keys: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """What one image file says of itself, checked and complete."""

    path: Path
    sop_instance_uid: str
    sop_class_uid: str
    study_uid: str
    series_uid: str
    series_key: str
    frame_of_reference_uid: str | None
    modality: str
    patient_name: str
    patient_id: str
    study_description: str
    study_date: str
    series_description: str
    series_number: int | None
    instance_number: int | None
    rows: int
    columns: int
    is_color: bool
    is_inverted: bool
    is_localiser: bool
    burned_in_text: BurnedInText
    has_derived_uids: bool
    spacing_source: SpacingSource
    view: str
    pet: PetFacts | None
    stored: StoredPixels | None
    planes: list[Plane] = field(default_factory=list, repr=False)


def read_header(path: Path) -> Header:
    """Read what is needed to sort a file into its series.

    Raises
    ------
    NotDicomError
        When the file is no DICOM file.
    NotAnImageError
        When it is a DICOM object without an image to annotate (report, segmentation, index …).
    DamagedError
        When it is an image that is cut short or contradicts itself.
    DicomError
        When it is DICOM and cannot be parsed.
    """
    dataset, pixel_data = open_header(path, _HEADER_TAGS)
    sop_class_uid = _identifier(dataset, "SOPClassUID", "MediaStorageSOPClassUID")
    _check_is_image(dataset, pixel_data, sop_class_uid, path)
    frames = _checked_frames(dataset, pixel_data, path)
    study_uid = text_of(dataset, "StudyInstanceUID")
    series_uid = text_of(dataset, "SeriesInstanceUID")
    # A file that names no series is one by itself, known by what it holds.
    series_key = _series_key(dataset) or hashlib.sha256(path.read_bytes()).hexdigest()
    sop_instance_uid = _identifier(dataset, "SOPInstanceUID", "MediaStorageSOPInstanceUID")
    spacing, spacing_source = pixel_spacing(dataset)
    header = Header(
        path=path,
        sop_instance_uid=sop_instance_uid or derive_uid("instance", path.read_bytes()),
        sop_class_uid=sop_class_uid,
        study_uid=study_uid or derive_uid("study", series_key),
        series_uid=series_uid or derive_uid("series", series_key),
        series_key=series_key,
        frame_of_reference_uid=text_of(dataset, "FrameOfReferenceUID") or None,
        modality=text_of(dataset, "Modality") or "OT",
        patient_name=text_of(dataset, "PatientName"),
        patient_id=text_of(dataset, "PatientID"),
        study_description=text_of(dataset, "StudyDescription"),
        study_date=text_of(dataset, "StudyDate"),
        series_description=text_of(dataset, "SeriesDescription"),
        series_number=integer_of(dataset, "SeriesNumber"),
        instance_number=integer_of(dataset, "InstanceNumber"),
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        is_color=(integer_of(dataset, "SamplesPerPixel") or 1) > 1,
        is_inverted=text_of(dataset, "PhotometricInterpretation") == "MONOCHROME1",
        is_localiser="LOCALIZER" in text_of(dataset, "ImageType"),
        burned_in_text=_burned_in_text(dataset, sop_class_uid),
        has_derived_uids=not (study_uid and series_uid and sop_instance_uid),
        spacing_source=spacing_source,
        view=_view(dataset),
        pet=pet_facts(dataset) if text_of(dataset, "Modality") == "PT" else None,
        stored=_stored_pixels(dataset, pixel_data, path),
    )
    header.planes.extend(_planes(dataset, header, frames, spacing))
    return header


def _burned_in_text(dataset: Dataset, sop_class_uid: str) -> BurnedInText:
    """Read whether the pixels show text (PS3.3 C.7.6.1.1.2), which often names the patient."""
    stated = text_of(dataset, "BurnedInAnnotation")
    if stated in ("YES", "NO"):
        return "yes" if stated == "YES" else "no"
    modality, name = text_of(dataset, "Modality"), name_of(sop_class_uid)
    return "unknown" if modality in _TEXT_MODALITIES or _CAPTURE_MARK in name else "no"


def _view(dataset: Dataset) -> str:
    """Name side and view of a projection such as a mammogram ("R CC"); "" for other images."""
    side = text_of(dataset, "ImageLaterality") or text_of(dataset, "Laterality")
    return f"{side} {text_of(dataset, 'ViewPosition')}".strip()


def _identifier(dataset: FileDataset, keyword: str, meta_keyword: str) -> str:
    """Return a UID of the data set, or the file meta's where the element is empty."""
    return text_of(dataset, keyword) or text_of(dataset.file_meta, meta_keyword)


def _series_key(dataset: FileDataset) -> str | None:
    """Return what groups files to a series: its UID, or what else they share; None for neither."""
    series_uid = text_of(dataset, "SeriesInstanceUID")
    if series_uid:
        return f"{text_of(dataset, 'StudyInstanceUID')} {series_uid}"
    shared = [
        text_of(dataset, keyword)
        for keyword in (
            "StudyInstanceUID",
            "FrameOfReferenceUID",
            "Modality",
            "SeriesDate",
            "SeriesTime",
            "SeriesNumber",
            "SeriesDescription",
        )
    ]
    # Descriptions and dates alone are too little to put files together.
    return "\0".join(shared) if any(shared[:2]) else None


def _check_is_image(
    dataset: FileDataset, pixel_data: PixelDataElement | None, sop_class_uid: str, path: Path
) -> None:
    # Where the file is cut in its class, the file meta still has it.
    meta_class_uid = text_of(dataset.file_meta, "MediaStorageSOPClassUID")
    name = name_of(sop_class_uid) or name_of(meta_class_uid) or "object of an unknown class"
    if sop_class_uid in _SEGMENTATION_CLASSES:
        raise NotAnImageError(
            f"{file_label(path)} is a segmentation, not an image; open it on the series it belongs "
            "to."
        )
    if pixel_data is not None and value_of(dataset, "Rows") and value_of(dataset, "Columns"):
        return
    if value_of(dataset, "Rows") or pixel_data is not None or _IMAGE_STORAGE_MARK in name:
        raise DamagedError(
            f"{file_label(path)} is cut short or damaged: its header ends before the image; "
            "fetch it again from where it came.",
            _series_key(dataset),
        )
    raise NotAnImageError(f"{file_label(path)} holds no image ({name}).")


def _checked_frames(dataset: FileDataset, pixel_data: PixelDataElement | None, path: Path) -> int:
    """Return the number of frames, once the stated size has been found to be possible."""
    rows, columns = integer_of(dataset, "Rows") or 0, integer_of(dataset, "Columns") or 0
    frames = max(1, integer_of(dataset, "NumberOfFrames") or 1)
    samples = max(1, integer_of(dataset, "SamplesPerPixel") or 1)
    bits = integer_of(dataset, "BitsAllocated") or 0
    if not 0 < rows * columns <= MAX_FRAME_PIXELS or samples > 4:
        raise DamagedError(
            f"{file_label(path)} states an image of {rows} × {columns} pixels with {samples} "
            "sample(s) each, which is not credible; fetch it again from where it came.",
            _series_key(dataset),
        )
    assert pixel_data is not None
    if pixel_data.is_cut:
        raise DamagedError(
            f"{file_label(path)} is cut short: {pixel_data.available} of {pixel_data.length} bytes "
            "of its pixel data are there; fetch it again from where it came.",
            _series_key(dataset),
        )
    # Compressed frames take 8 bytes at the least: the header of the item that holds them.
    needed = (
        frames * 8
        if pixel_data.length is None
        else _native_bytes(frames * rows * columns, samples, bits, dataset)
    )
    if needed > pixel_data.available:
        raise DamagedError(
            f"{file_label(path)} states {frames} frame(s) of {rows} × {columns} pixels, but holds "
            "less pixel data than that; fetch it again from where it came.",
            _series_key(dataset),
        )
    return frames


def _native_bytes(pixels: int, samples: int, bits: int, dataset: Dataset) -> int:
    # YBR_FULL_422 stores two samples per pixel instead of three (PS3.3 C.7.6.3.1.2).
    if text_of(dataset, "PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2
    return pixels * samples * bits // 8


def _stored_pixels(
    dataset: FileDataset, pixel_data: PixelDataElement | None, path: Path
) -> StoredPixels | None:
    """Say where the pixels are if that is all it takes to read them: most CT, MR and PET."""
    bits = integer_of(dataset, "BitsStored") or 0
    photometric_interpretation = text_of(dataset, "PhotometricInterpretation")
    sign = integer_of(dataset, "PixelRepresentation")
    if (
        pixel_data is None
        or pixel_data.length is None
        or not pixel_data.is_integer
        or dataset.file_meta.TransferSyntaxUID not in _LITTLE_ENDIAN
        or photometric_interpretation not in ("MONOCHROME1", "MONOCHROME2")
        or integer_of(dataset, "SamplesPerPixel") != 1
        or integer_of(dataset, "BitsAllocated") != 16
        or not 0 < bits <= 16
        or sign not in (0, 1)
        or value_of(dataset, "NumberOfFrames") is not None
        or any(value_of(dataset, name) is not None for name in _TRANSFORMING_SEQUENCES)
    ):
        return None
    slope, intercept = rescaling(dataset)
    state = path.stat()
    return StoredPixels(
        offset=pixel_data.offset,
        bits_stored=bits,
        is_signed=sign == 1,
        photometric_interpretation=photometric_interpretation,
        slope=slope,
        intercept=intercept,
        file_bytes=state.st_size,
        modified_ns=state.st_mtime_ns,
    )


def _planes(
    dataset: FileDataset, header: Header, frames: int, spacing: tuple[float, float] | None
) -> list[Plane]:
    keys = {name: text for name in _VOLUME_KEYS if (text := text_of(dataset, name))}
    per_frame = items_of(dataset, "PerFrameFunctionalGroupsSequence")
    if not per_frame:
        # Frames without functional groups are moments or views, not places in a stack.
        position = _vector(dataset, "ImagePositionPatient", 3) if frames == 1 else None
        orientation = _orientation(dataset)
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
            "fetch it again from where it came.",
            header.series_key,
        )
    shared = next(iter(items_of(dataset, "SharedFunctionalGroupsSequence")), Dataset())
    return [
        _functional_group_plane(header, number, item, shared, keys)
        for number, item in enumerate(per_frame, start=1)
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
    position = _vector(group("PlanePositionSequence"), "ImagePositionPatient", 3)
    orientation = _orientation(group("PlaneOrientationSequence"))
    return Plane(
        header=header,
        frame=number,
        position=position if orientation else None,
        orientation=orientation if position else None,
        pixel_spacing=pixel_spacing(measures)[0],
        slice_thickness=_thickness(measures),
        volume_keys=keys | {name: text for name, text in frame_keys.items() if text},
    )


def volume_key_words() -> dict[str, str]:
    """Return what may tell apart images at one position, with words for it, best first."""
    return dict(_VOLUME_KEYS)


def _vector(dataset: Dataset, keyword: str, length: int) -> tuple[float, ...] | None:
    numbers = numbers_of(dataset, keyword)
    return numbers if len(numbers) == length else None


def _orientation(dataset: Dataset) -> tuple[float, ...] | None:
    """Return six direction cosines, made exactly of unit length; None where they are no plane."""
    cosines = _vector(dataset, "ImageOrientationPatient", 6)
    if cosines is None:
        return None
    row, column = np.array(cosines[:3]), np.array(cosines[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if not all(0.9 < length < 1.1 for length in lengths) or abs(row @ column) > 0.05:
        return None
    return (*(row / lengths[0]).tolist(), *(column / lengths[1]).tolist())


def _thickness(dataset: Dataset) -> float | None:
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        length = number_of(dataset, keyword)
        if length is not None and 1e-6 < abs(length) < 1e4:
            return abs(length)
    return None
