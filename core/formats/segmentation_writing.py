"""Writing a DICOM segmentation (SEG) with highdicom."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentDescription
from pydicom.sr.codedict import codes
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    generate_uid,
)

from core.annotation.contributors import NOBODY, Contributors
from core.dicom.errors import DicomError
from core.dicom.series import Series, SeriesSummary
from core.dicom.uids import derive_uid
from core.formats.checks import check_segments
from core.formats.codes import cielab_of, coded_concept
from core.formats.frame_states import add_frame_states
from core.formats.numbers import series_number_behind
from core.formats.people import contributions, person_name
from core.formats.product import PRODUCT, software_version
from core.formats.segment_descriptions import TEACHERS
from core.formats.segment_details import add_details, type_item
from core.formats.source_references import restore_references, source_images
from core.home.whole_files import written_whole
from core.segments.segment_masks import SegmentMasks

Kind = Literal["BINARY", "LABELMAP"]
Compression = Literal["none", "deflated", "jpeg2000"]


# The encoder takes nothing smaller.
_JPEG_2000_PIXELS = 32

# Slice Thickness may not be left out where there is a frame of reference (PS3.3 C.7.6.16.2.1).
_MADE_UP_THICKNESS = "The image does not state its thickness: Slice Thickness is made up."

SERIES_NUMBER_OFFSET = 1000
"""Added to the number of the images' series, so that it sorts behind the images of the study."""


def write_segmentation(
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    *,
    people: Contributors = NOBODY,
    weights: str | None = None,
    reading: str = "",
    instance_number: int = 1,
    write_empty_slices: bool = False,
    kind: Kind = "BINARY",
    compression: Compression = "none",
) -> str:
    """Write masks as a segmentation (PS3.3 A.51; for LABELMAP, A.85.4).

    Rows, columns, orientation, positions and frame of reference are those of the images, and each
    frame refers to the image it belongs to. Image Comments say where Slice Thickness is made up,
    which nothing states of a single slice. Exports of one series share a series, so give a new
    `instance_number` to each. The file appears complete or not at all.

    Parameters
    ----------
    series : Series or SeriesSummary
        What was annotated; its files must still be there.
    segments : sequence of SegmentMasks
        Each with at least one mask that is not empty, or absent: then no frame refers to it,
        unless nothing has a pixel or `write_empty_slices` is asked for. They are numbered from 1
        in the order of their own numbers.
    path : pathlib.Path
        Where to write; replaced if it exists.
    people : Contributors
        Who drew, adjudicated and reviewed, for Content Creator's Name and Contributing Equipment;
        nobody by default.
    weights : str, optional
        Weights that took part, added to the version of the algorithm.
    reading : str
        Which of several readings of the series it is, such as "reading 1", for Content Label and
        Content Description; "" where there is one only.
    instance_number : int
        From 1.
    write_empty_slices : bool
        Write a frame for every slice of every segment. Some readers need it, and others give up
        on large files.
    kind : {"BINARY", "LABELMAP"}
        BINARY is read everywhere. LABELMAP is smaller and newer, and holds no overlapping segments.
    compression : {"none", "deflated", "jpeg2000"}
        Deflated, or JPEG 2000 lossless: much smaller, but not read everywhere.

    Returns
    -------
    str
        SOPInstanceUID of the new instance.

    Raises
    ------
    DicomError
        When a segment is empty, a mask does not fit the series, segments of a LABELMAP overlap,
        images are too small for JPEG 2000, the series names no frame of reference, its files are
        gone, or `path` cannot be written.
    """
    summary = series.summary if isinstance(series, Series) else series
    ordered = sorted(segments, key=lambda masks: masks.segment.number)
    check_segments(summary, ordered)
    pixel_array = _pixel_array(summary, ordered)
    _check_encoding(summary, pixel_array, kind, compression)
    segmentation = Segmentation(
        source_images=source_images(summary),
        pixel_array=pixel_array,
        segmentation_type=kind,
        segment_descriptions=[
            _description(number, masks, weights) for number, masks in enumerate(ordered, start=1)
        ],
        sop_instance_uid=generate_uid(prefix=None),
        instance_number=instance_number,
        content_description=reading.capitalize() or None,
        content_label=_content_label(reading),
        content_creator_name=person_name(people.creator) or None,
        contributing_equipment=contributions(people),
        omit_empty_frames=not write_empty_slices,
        transfer_syntax_uid=(
            JPEG2000Lossless if compression == "jpeg2000" else ExplicitVRLittleEndian
        ),
        **_series_and_equipment(summary),
    )
    restore_references(segmentation, summary)
    add_frame_states(segmentation, summary, ordered)
    _close_gaps(segmentation)
    if summary.geometry.in_patient and summary.geometry.is_of_unknown_thickness:
        segmentation.ImageComments = _MADE_UP_THICKNESS
    if "ContentCreatorName" not in segmentation:
        segmentation.ContentCreatorName = ""  # type 2: there even where nobody is named
    if compression == "deflated":
        segmentation.file_meta.TransferSyntaxUID = UID(DeflatedExplicitVRLittleEndian)
    with written_whole(path) as unfinished:
        segmentation.save_as(unfinished, enforce_file_format=True)
    return str(segmentation.SOPInstanceUID)


def _close_gaps(segmentation: Segmentation) -> None:
    """Pack frames of fewer than eight single bits, which highdicom puts into a byte each."""
    pixels = segmentation.Rows * segmentation.Columns
    if segmentation.BitsAllocated != 1 or pixels >= 8:
        return
    frames = np.frombuffer(segmentation.PixelData, np.uint8)[: int(segmentation.NumberOfFrames)]
    bits = np.unpackbits(frames[:, None], axis=1, count=pixels, bitorder="little")
    content = np.packbits(bits.ravel(), bitorder="little").tobytes()
    segmentation.PixelData = content + bytes(len(content) % 2)


def _check_encoding(
    summary: SeriesSummary, pixel_array: np.ndarray, kind: Kind, compression: Compression
) -> None:
    """Refuse an encoding that cannot hold the masks."""
    if compression == "jpeg2000" and min(summary.rows, summary.columns) < _JPEG_2000_PIXELS:
        raise DicomError(
            f"JPEG 2000 needs images of at least {_JPEG_2000_PIXELS} × {_JPEG_2000_PIXELS} pixels; "
            "export without compression."
        )
    if kind == "LABELMAP" and pixel_array.ndim == 4:
        raise DicomError("Segments overlap, which a label map cannot hold; export BINARY instead.")


def _series_and_equipment(summary: SeriesSummary) -> dict[str, Any]:
    """Return what is the same in every segmentation of a series."""
    return {
        "series_instance_uid": derive_uid("segmentation", summary.uid),
        "series_number": series_number_behind(summary.series_number, SERIES_NUMBER_OFFSET),
        "series_description": f"{PRODUCT} segmentation",
        "manufacturer": PRODUCT,
        "manufacturer_model_name": PRODUCT,
        "software_versions": software_version(),
        "device_serial_number": "0",
    }


def _content_label(reading: str) -> str:
    """Return a code string that names a reading (PS3.5 6.2)."""
    return reading.upper().replace(" ", "_")[:16] or "SEGMENTATION"


def _pixel_array(summary: SeriesSummary, segments: Sequence[SegmentMasks]) -> np.ndarray:
    """Return a label map where segments do not overlap, else one channel for each.

    Returns
    -------
    numpy.ndarray of uint8 or uint16, shape (slices, rows, columns)
        Segment numbers. Or of bool, shape (slices, rows, columns, segments).
    """
    labels = np.zeros(
        (summary.slices, summary.rows, summary.columns),
        np.uint8 if len(segments) < 256 else np.uint16,
    )
    for number, masks in enumerate(segments, start=1):
        for index, mask in masks.masks.items():
            if labels[index][mask].any():
                return _channels(summary, segments)
            labels[index][mask] = number
    return labels


def _channels(summary: SeriesSummary, segments: Sequence[SegmentMasks]) -> np.ndarray:
    shape = (summary.slices, summary.rows, summary.columns, len(segments))
    channels = np.zeros(shape, bool)
    for channel, masks in enumerate(segments):
        for index, mask in masks.masks.items():
            channels[index, :, :, channel] = mask
    return channels


def _description(number: int, masks: SegmentMasks, weights: str | None) -> SegmentDescription:
    segment = masks.segment
    identification = None
    if masks.algorithm != "MANUAL":
        version = masks.algorithm_version or software_version()
        # Of masks that another program made, none of our weights took part.
        is_foreign = masks.algorithm_name and masks.algorithm_name == segment.details.algorithm_name
        identification = AlgorithmIdentificationSequence(
            name=masks.algorithm_name or PRODUCT,
            family=codes.DCM.ArtificialIntelligence,
            version=f"{version} {weights}"[:64] if weights and not is_foreign else version,
            parameters={TEACHERS: " ".join(masks.teachers)}
            if masks.teachers and not is_foreign
            else None,
        )
    description = SegmentDescription(
        segment_number=number,
        segment_label=segment.label,
        segmented_property_category=coded_concept(segment.category),
        segmented_property_type=type_item(segment),
        algorithm_type=SegmentAlgorithmTypeValues(masks.algorithm),
        algorithm_identification=identification,
        display_color=cielab_of(segment.color),
    )
    add_details(description, segment)
    return description
