"""Reading the header of one image file: which series it belongs to, and its planes."""

import hashlib
from pathlib import Path

from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.dicom.files import PixelDataElement, integer_of, name_of, open_header, text_of, value_of
from core.dicom.header_checks import check_is_image, checked_frames, frame_cautions
from core.dicom.headers import BurnedInText, Header
from core.dicom.pixels import rescaling
from core.dicom.planes import read_planes
from core.dicom.real_world_values import mapping_cautions
from core.dicom.series import StoredPixels
from core.dicom.spacing import pixel_spacing
from core.dicom.stated_numbers import NUMBER_TAGS, concatenation, stated_numbers
from core.dicom.stated_values import bit_cautions, contradictions, unusable_values, value_unit
from core.dicom.suv import PET_TAGS, pet_facts
from core.dicom.uids import derive_uid, series_key, stated_uid
from core.dicom.volume_attributes import VOLUME_TAGS

HEADER_TAGS = (
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyDate",
    "SeriesDate",
    "SeriesTime",
    "Modality",
    "StudyDescription",
    "PatientName",
    "PatientID",
    "BurnedInAnnotation",
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
    "HighBit",
    "PixelRepresentation",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "RealWorldValueMappingSequence",
    "GridFrameOffsetVector",
    "DetectorInformationSequence",
    "SliceVector",
    "EnergyWindowVector",
    "RRIntervalVector",
    "TimeSlotVector",
    "TotalPixelMatrixColumns",
    "TotalPixelMatrixRows",
    "DimensionOrganizationType",
    "0019100A",
    "DoseGridScaling",
    "DoseUnits",
    "ModalityLUTSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "SliceLocation",
    *VOLUME_TAGS,
    *NUMBER_TAGS,
    *PET_TAGS,
)
"""Attributes that are read of every image."""


# Images whose makers usually write into the pixels: ultrasound, and captures of screens.
_TEXT_MODALITIES = ("US", "IVUS", "SC", "OT")
_CAPTURE_MARK = "Secondary Capture"


_LITTLE_ENDIAN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
_TRANSFORMING_SEQUENCES = (
    "ModalityLUTSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)


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
    dataset, pixel_data = open_header(path, HEADER_TAGS)
    sop_class_uid = stated_uid(dataset, "SOPClassUID", "MediaStorageSOPClassUID")
    check_is_image(dataset, pixel_data, sop_class_uid, path)
    frames = checked_frames(dataset, pixel_data, path)
    study_uid = text_of(dataset, "StudyInstanceUID")
    series_uid = text_of(dataset, "SeriesInstanceUID")
    # A file that names no series is one by itself, known by what it holds.
    key = series_key(dataset) or hashlib.sha256(path.read_bytes()).hexdigest()
    sop_instance_uid = stated_uid(dataset, "SOPInstanceUID", "MediaStorageSOPInstanceUID")
    spacing, spacing_source = pixel_spacing(dataset)
    unit, unit_cautions = value_unit(dataset)
    header = Header(
        path=path,
        sop_instance_uid=sop_instance_uid or derive_uid("instance", path.read_bytes()),
        sop_class_uid=sop_class_uid,
        study_uid=study_uid or derive_uid("study", key),
        series_uid=series_uid or derive_uid("series", key),
        series_key=key,
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
        unit=unit,
        stated_numbers=stated_numbers(dataset),
        concatenation=concatenation(dataset),
        cautions=(
            *unusable_values(dataset),
            *contradictions(dataset),
            *unit_cautions,
            *mapping_cautions(dataset),
            *bit_cautions(dataset),
            *frame_cautions(dataset, pixel_data, frames, path),
        ),
    )
    header.planes.extend(read_planes(dataset, header, frames, spacing))
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
        or bit_cautions(dataset)
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
