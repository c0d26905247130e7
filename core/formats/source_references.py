"""Stand-ins for the images that a segmentation refers to.

highdicom copies from its source images whatever stands in them, and refuses some that are sound.
What goes to it is therefore made here: the few attributes that a segmentation takes over, with
broken values left out, and one single-frame image per slice. `restore_references` then puts the
real classes, instances and frames into the finished segmentation.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from pydicom import config
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    JPEG2000TransferSyntaxes,
    JPEGLSNearLossless,
    JPEGTransferSyntaxes,
    SecondaryCaptureImageStorage,
)
from pydicom.valuerep import validate_value

from core.dicom.files import items_of, number_of, numbers_of, open_header, text_of
from core.dicom.pixels import functional_group
from core.dicom.series import SeriesSummary, SliceRecord
from core.dicom.uids import derive_uid

SHARED_ATTRIBUTES = {
    "PatientName": "PN",
    "PatientID": "LO",
    "IssuerOfPatientID": "LO",
    "PatientBirthDate": "DA",
    "PatientSex": "CS",
    "PatientAge": "AS",
    "PatientSize": "DS",
    "PatientWeight": "DS",
    "StudyID": "SH",
    "StudyDate": "DA",
    "StudyTime": "TM",
    "AccessionNumber": "SH",
    "ReferringPhysicianName": "PN",
    "StudyDescription": "LO",
}
"""Attributes of patient and study that what is written shares with its images, with their VR."""

# Those that must be there even if empty (type 2).
_TYPE_2 = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
)

# Gaps that differ by less are the same but for rounding.
_EVEN_SHARE = 0.01

_HEADER_TAGS = (
    "SpecificCharacterSet",
    *SHARED_ATTRIBUTES,
    "ImageOrientationPatient",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "SliceThickness",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)


def source_images(summary: SeriesSummary) -> list[Dataset]:
    """Make one stand-in image per slice, in position order.

    Raises
    ------
    DicomError
        When the file of the first slice cannot be read any more.
    """
    header, _ = open_header(summary.records[0].path, _HEADER_TAGS)
    shared = _shared_attributes(header, summary)
    images = []
    for record, position in zip(summary.records, summary.geometry.positions, strict=True):
        image = Dataset()
        image.update(shared)
        image.SOPInstanceUID = _stand_in_uid(record)
        if summary.frame_of_reference_uid is not None and summary.geometry.in_patient:
            image.ImagePositionPatient = position.tolist()
        images.append(image)
    return images


def restore_references(segmentation: Dataset, summary: SeriesSummary) -> None:
    """Put the real instances and frames in the place of the stand-ins, in place.

    A segmentation refers to its sources in three places: for each frame (Derivation Image), for
    the series (Common Instance Reference), and as a whole (Source Image Sequence).
    """
    records = {_stand_in_uid(record): record for record in summary.records}
    for frame in items_of(segmentation, "PerFrameFunctionalGroupsSequence"):
        for derivation in items_of(frame, "DerivationImageSequence"):
            for reference in items_of(derivation, "SourceImageSequence"):
                # Segments on one slice share the item, which is then done already.
                record = records.get(reference.ReferencedSOPInstanceUID)
                if record is not None:
                    _point_to(reference, record)
    # highdicom puts the same items into both lists, so each gets items of its own.
    if "SourceImageSequence" in segmentation:
        segmentation.SourceImageSequence = list(_instance_references(summary.records))
    for series in items_of(segmentation, "ReferencedSeriesSequence"):
        series.ReferencedInstanceSequence = list(_instance_references(summary.records))


def patient_and_study(summary: SeriesSummary) -> Dataset:
    """Return the attributes of patient and study that an object of the same study shares.

    Broken values are left out, and text is Unicode.

    Raises
    ------
    DicomError
        When the file of the first slice cannot be read any more.
    """
    return _patient_and_study(open_header(summary.records[0].path, _HEADER_TAGS)[0], summary)


def image_reference(record: SliceRecord) -> Dataset:
    """Return an item that refers to the instance, and the frame, of a slice (PS3.3 table 10-3)."""
    reference = Dataset()
    _point_to(reference, record)
    return reference


def _stand_in_uid(record: SliceRecord) -> str:
    if record.frame is None:
        return record.sop_instance_uid
    return derive_uid("frame", record.sop_instance_uid, record.frame)


def _point_to(reference: Dataset, record: SliceRecord) -> None:
    reference.ReferencedSOPClassUID = record.sop_class_uid
    reference.ReferencedSOPInstanceUID = record.sop_instance_uid
    if record.frame is not None:
        reference.ReferencedFrameNumber = record.frame


def _instance_references(records: Iterable[SliceRecord]) -> Iterator[Dataset]:
    classes = {record.sop_instance_uid: record.sop_class_uid for record in records}
    for sop_instance_uid, sop_class_uid in classes.items():
        reference = Dataset()
        reference.ReferencedSOPClassUID = sop_class_uid
        reference.ReferencedSOPInstanceUID = sop_instance_uid
        yield reference


def _patient_and_study(header: Dataset, summary: SeriesSummary) -> Dataset:
    shared = Dataset()
    # Text is Unicode once it is read, whatever the file used.
    shared.SpecificCharacterSet = "ISO_IR 192"
    for keyword, vr in SHARED_ATTRIBUTES.items():
        text = _valid_text(header, keyword, vr)
        if text or keyword in _TYPE_2:
            setattr(shared, keyword, text)
    shared.StudyInstanceUID = summary.study_uid
    return shared


def _shared_attributes(header: Dataset, summary: SeriesSummary) -> Dataset:
    image = _patient_and_study(header, summary)
    has_place = summary.frame_of_reference_uid is not None and summary.geometry.in_patient
    image.SOPClassUID = CTImageStorage if has_place else SecondaryCaptureImageStorage
    image.Modality = summary.modality
    image.SeriesInstanceUID = summary.series_instance_uid
    image.Rows = summary.rows
    image.Columns = summary.columns
    if has_place:
        image.FrameOfReferenceUID = summary.frame_of_reference_uid
        image.ImageOrientationPatient = _orientation(header, summary)
        image.SliceThickness = _thickness(header, summary)
        gaps = summary.geometry.slice_gaps
        # Left out, readers fall back on the thickness, which is something else.
        if len(gaps) and np.ptp(gaps) < _EVEN_SHARE * summary.slice_spacing:
            image.SpacingBetweenSlices = f"{summary.slice_spacing:.10g}"
    if summary.geometry.in_patient:
        image.PixelSpacing = list(summary.pixel_spacing)
    _add_lossy_compression(image, header, summary)
    return image


def _valid_text(header: Dataset, keyword: str, vr: str) -> str:
    """Return an attribute's text, or "" where it breaks the rules of its VR (PS3.5 6.2)."""
    text = text_of(header, keyword)
    if keyword == "PatientSex" and text not in ("M", "F", "O"):
        return ""
    if vr == "DS":
        number = number_of(header, keyword)
        return f"{number:.10g}" if number is not None and number > 0 else ""
    try:
        validate_value(vr, text, config.RAISE)
    except ValueError:
        return ""
    return text


def _functional_group(header: Dataset, record: SliceRecord, sequence: str) -> Dataset:
    """Return the item that holds for a slice; in single-frame images, the header itself."""
    group = functional_group(header, sequence, (record.frame or 1) - 1)
    return header if group is None else group


def _orientation(header: Dataset, summary: SeriesSummary) -> list[float]:
    """Return the direction cosines as the file gives them, rounding and all."""
    group = _functional_group(header, summary.records[0], "PlaneOrientationSequence")
    return list(numbers_of(group, "ImageOrientationPatient"))


def _thickness(header: Dataset, summary: SeriesSummary) -> float:
    group = _functional_group(header, summary.records[0], "PixelMeasuresSequence")
    thickness = number_of(group, "SliceThickness")
    return thickness if thickness is not None and thickness > 0 else summary.slice_spacing


def _add_lossy_compression(image: Dataset, header: Dataset, summary: SeriesSummary) -> None:
    """Carry over that the images lost something, with ratio and method (PS3.3 C.7.6.1.1.5).

    Both must be there, so a ratio that the file leaves out is estimated from its size. Where the
    method is not known either, nothing true can be said, and nothing is.
    """
    image.LossyImageCompression = "00"
    if text_of(header, "LossyImageCompression") != "01":
        return
    ratios = numbers_of(header, "LossyImageCompressionRatio")
    methods = (
        text_of(header, "LossyImageCompressionMethod").strip("[]").replace("'", "").split(", ")
    )
    method = methods[-1] or _method_of(UID(str(header.file_meta.TransferSyntaxUID)))
    if not method:
        return
    path = summary.records[0].path
    frames = sum(record.path == path for record in summary.records)
    native_bytes = frames * summary.rows * summary.columns * 2
    ratio = ratios[-1] if ratios else max(1.0, native_bytes / path.stat().st_size)
    image.LossyImageCompression = "01"
    image.LossyImageCompressionRatio = f"{ratio:.4g}"
    image.LossyImageCompressionMethod = method


def _method_of(transfer_syntax: UID) -> str:
    if transfer_syntax in JPEG2000TransferSyntaxes:
        return "ISO_15444_1"
    if transfer_syntax == JPEGLSNearLossless:
        return "ISO_14495_1"
    return "ISO_10918_1" if transfer_syntax in JPEGTransferSyntaxes else ""
