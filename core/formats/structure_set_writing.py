"""Writing masks as an RT structure set (RTSTRUCT), for planning systems.

highdicom writes none, and the library that does (rt-utils) needs OpenCV, a package that shadows a
module of Python, and gives contours that do not fill to the same pixels. So pydicom writes what
PS3.3 A.19 lays down, and `core.formats.contours` keeps the pixels.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RTStructureSetStorage,
    generate_uid,
)

from core.annotation.contributors import NOBODY, Contributors
from core.dicom.errors import DicomError
from core.dicom.geometry import Geometry
from core.dicom.series import Series, SeriesSummary
from core.dicom.uids import derive_uid
from core.formats.checks import check_segments
from core.formats.codes import coded_concept
from core.formats.contours import mask_contours
from core.formats.numbers import series_number_behind
from core.formats.people import add_approval, contributions, person_name
from core.formats.product import PRODUCT, software_version
from core.formats.segment_details import type_item
from core.formats.source_references import image_reference, patient_and_study
from core.home.whole_files import written_whole
from core.segments.segment_masks import SegmentMasks

SERIES_NUMBER_OFFSET = 2000
"""Added to the number of the images' series, behind the segmentations'."""

# Retired, and still what the standard's example and most planning systems put here.
_DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"

_LABEL_LENGTH = 16

# Explicit VR states the length of decimal strings in 16 bits (PS3.5 7.1.2).
_EXPLICIT_BYTES = 65534


def write_structure_set(
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    *,
    people: Contributors = NOBODY,
    reading: str = "",
    instance_number: int = 1,
) -> str:
    """Write masks as closed contours, one region of interest for each segment.

    Exports of one series share a series. The file appears complete or not at all.

    Parameters
    ----------
    series : Series or SeriesSummary
        What was annotated; its files must still be there.
    segments : sequence of SegmentMasks
        Each with at least one mask that is not empty, or absent: a region without contours. They
        are numbered from 1 in the order of their own numbers.
    path : pathlib.Path
        Where to write; replaced if it exists.
    people : Contributors
        Who drew, adjudicated and reviewed, for ROI Interpreter, the approval and Contributing
        Equipment; nobody by default.
    reading : str
        Which of several readings of the series it is, such as "reading 1", for Structure Set Label;
        "" where there is one only.
    instance_number : int
        From 1.

    Returns
    -------
    str
        SOPInstanceUID of the new instance.

    Raises
    ------
    DicomError
        When a segment is empty, a mask does not fit the series, the series names no frame of
        reference, its files are gone, or `path` cannot be written.
    """
    summary = series.summary if isinstance(series, Series) else series
    ordered = sorted(segments, key=lambda masks: masks.segment.number)
    check_segments(summary, ordered)
    if summary.frame_of_reference_uid is None or not summary.geometry.in_patient:
        raise DicomError(
            "The image does not say where it lies in the patient, which an RT structure set needs; "
            "export a DICOM segmentation instead."
        )
    dataset = FileDataset(str(path), patient_and_study(summary), preamble=bytes(128))
    _add_identification(dataset, summary, reading or PRODUCT, instance_number)
    add_approval(dataset, people)
    if items := contributions(people):
        dataset.ContributingEquipmentSequence = items
    dataset.ReferencedFrameOfReferenceSequence = [_frame_of_reference(summary)]
    dataset.StructureSetROISequence = []
    dataset.ROIContourSequence = []
    dataset.RTROIObservationsSequence = []
    for number, masks in enumerate(ordered, start=1):
        dataset.StructureSetROISequence.append(_region(number, masks, summary))
        dataset.ROIContourSequence.append(_contours(number, masks, summary))
        dataset.RTROIObservationsSequence.append(_observation(number, masks, people))
    if _longest_contour(dataset) > _EXPLICIT_BYTES:
        # Explicit VR would hold it with an unknown VR only, which others do not read.
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    with written_whole(path) as unfinished:
        dataset.save_as(unfinished, enforce_file_format=True)
    return str(dataset.SOPInstanceUID)


def _add_identification(
    dataset: FileDataset, summary: SeriesSummary, label: str, instance_number: int
) -> None:
    now = datetime.now()
    dataset.SOPClassUID = RTStructureSetStorage
    dataset.SOPInstanceUID = generate_uid(prefix=None)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.InstanceCreationDate = f"{now:%Y%m%d}"
    dataset.InstanceCreationTime = f"{now:%H%M%S}"
    dataset.Modality = "RTSTRUCT"
    dataset.SeriesInstanceUID = derive_uid("structure set", summary.uid)
    dataset.SeriesNumber = series_number_behind(summary.series_number, SERIES_NUMBER_OFFSET)
    dataset.SeriesDescription = f"{PRODUCT} structure set"
    dataset.OperatorsName = ""
    dataset.Manufacturer = PRODUCT
    dataset.ManufacturerModelName = PRODUCT
    dataset.DeviceSerialNumber = "0"
    dataset.SoftwareVersions = software_version()
    dataset.FrameOfReferenceUID = summary.frame_of_reference_uid
    dataset.PositionReferenceIndicator = ""
    dataset.StructureSetLabel = label.capitalize()[:_LABEL_LENGTH]
    dataset.StructureSetDate = f"{now:%Y%m%d}"
    dataset.StructureSetTime = f"{now:%H%M%S}"
    dataset.InstanceNumber = instance_number


def _longest_contour(dataset: Dataset) -> int:
    """Return the length in bytes of the longest Contour Data, padded to an even number."""
    return max(
        (
            len("\\".join(str(value) for value in contour.ContourData)) + 1
            for region in dataset.ROIContourSequence
            for contour in region.get("ContourSequence", ())
        ),
        default=0,
    )


def _frame_of_reference(summary: SeriesSummary) -> Dataset:
    """Name the images by study, series and instance (PS3.3 C.8.8.5)."""
    series = Dataset()
    series.SeriesInstanceUID = summary.series_instance_uid
    series.ContourImageSequence = [image_reference(record) for record in summary.records]
    study = Dataset()
    study.ReferencedSOPClassUID = _DETACHED_STUDY
    study.ReferencedSOPInstanceUID = summary.study_uid
    study.RTReferencedSeriesSequence = [series]
    frame = Dataset()
    frame.FrameOfReferenceUID = summary.frame_of_reference_uid
    frame.RTReferencedStudySequence = [study]
    return frame


def _region(number: int, masks: SegmentMasks, summary: SeriesSummary) -> Dataset:
    region = Dataset()
    region.ROINumber = number
    region.ReferencedFrameOfReferenceUID = summary.frame_of_reference_uid
    region.ROIName = masks.segment.label
    if masks.segment.details.description:
        region.ROIDescription = masks.segment.details.description
    region.ROIGenerationAlgorithm = masks.algorithm
    return region


def _contours(number: int, masks: SegmentMasks, summary: SeriesSummary) -> Dataset:
    contours = Dataset()
    contours.ROIDisplayColor = list(masks.segment.color)
    contours.ContourSequence = []
    for index, mask in sorted(masks.masks.items()):
        for outline in mask_contours(mask):
            points = _in_patient(outline, index, summary.geometry)
            contour = Dataset()
            contour.ContourImageSequence = [image_reference(summary.records[index])]
            contour.ContourGeometricType = "CLOSED_PLANAR"
            contour.NumberOfContourPoints = len(points)
            # A decimal string has 16 characters; a millionth of a millimetre is plenty.
            contour.ContourData = [f"{value:.6f}" for value in points.ravel()]
            contours.ContourSequence.append(contour)
    if not contours.ContourSequence:
        del contours.ContourSequence  # type 3, with an item at least (PS3.3 C.8.8.6)
    contours.ReferencedROINumber = number
    return contours


def _in_patient(outline: np.ndarray, index: int, geometry: Geometry) -> np.ndarray:
    """Turn rows and columns into patient coordinates, shape (points, 3), LPS in mm."""
    rows, columns = outline.T
    between_rows, between_columns = geometry.pixel_spacing
    return (
        geometry.positions[index]
        + np.outer(rows * between_rows, geometry.column_direction)
        + np.outer(columns * between_columns, geometry.row_direction)
    )


def _observation(number: int, masks: SegmentMasks, people: Contributors) -> Dataset:
    """Say what a region is, by the codes that a segmentation says it by (PS3.3 C.8.8.8)."""
    segment = masks.segment
    observation = Dataset()
    observation.ObservationNumber = number
    observation.ReferencedROINumber = number
    observation.SegmentedPropertyCategoryCodeSequence = [coded_concept(segment.category)]
    observation.RTROIIdentificationCodeSequence = [type_item(segment)]
    observation.RTROIInterpretedType = ""
    observation.ROIInterpreter = person_name(people.creator)
    return observation
