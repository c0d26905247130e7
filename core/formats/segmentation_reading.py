"""Reading DICOM segmentations, Slicewise's and others', back onto their series."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

import numpy as np
from pydicom.dataset import Dataset, FileDataset

from core.dicom.errors import DicomError, NeedsConsentError
from core.dicom.files import (
    NotDicomError,
    file_label,
    integer_of,
    items_of,
    name_of,
    number_of,
    numbers_of,
    open_file,
    open_header,
    text_of,
)
from core.dicom.pixels import decoded_frames, functional_group
from core.dicom.series import Series, SeriesSummary
from core.formats.codes import UNKNOWN_CATEGORY, UNKNOWN_TYPE, code_of, color_of, modifier_of
from core.formats.resampling import Planes, are_parallel, resample_masks
from core.segments.segment import MAX_LABEL_LENGTH, Segment
from core.segments.segment_masks import Algorithm, SegmentMasks

_Masks = dict[int, dict[int, np.ndarray]]

_DIRECTION_TOLERANCE = 1e-3
_SPACING_TOLERANCE = 1e-2

_REFERENCE_SEQUENCES = (
    "ReferencedSeriesSequence",
    "ReferencedInstanceSequence",
    "SourceImageSequence",
    "DerivationImageSequence",
    "PerFrameFunctionalGroupsSequence",
    "SharedFunctionalGroupsSequence",
    "StudiesContainingOtherReferencedInstancesSequence",
)


def read_segmentation(
    path: Path,
    series: Series | SeriesSummary,
    *,
    threshold: float = 0.5,
    allow_same_frame: bool = False,
) -> list[SegmentMasks]:
    """Read a segmentation of a series: BINARY, FRACTIONAL or LABELMAP.

    Frames are placed by their position in the patient, and where they state none by the image they
    refer to; never by their order. Empty frames are ignored: they say nothing about what a person
    looked at.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    series : Series or SeriesSummary
        What it is a segmentation of.
    threshold : float
        Share of the largest value from which a pixel of a FRACTIONAL segmentation belongs to it.
    allow_same_frame : bool
        Accept a segmentation of another series in the same frame of reference, or on resampled
        images of this one. Where its planes are others but parallel, each slice takes the nearest
        plane, and each pixel the nearest pixel.

    Returns
    -------
    list of SegmentMasks
        In the order of the segment numbers; `masks` holds the slices that are not empty. A segment
        is `exclusive` where it overlaps no other.

    Raises
    ------
    NeedsConsentError
        When it would fit with `allow_same_frame` only.
    DicomError
        When the file is no segmentation, is cut short, belongs to another series, or does not fit
        the planes of this one.
    """
    summary = series.summary if isinstance(series, Series) else series
    dataset = _open_segmentation(path)
    _check_belongs(dataset, summary, path, allow_same_frame)
    numbers = sorted(_descriptions(dataset))
    frames = _segment_frames(dataset, path, threshold, numbers)
    misfit = _misfit(dataset, summary)
    masks = None if misfit else _masks_in_place(dataset, summary, frames, path, numbers)
    if masks is None:
        misfit = misfit or "marks pixels at a position where the series has no slice"
        sentence = f"{file_label(path)} {misfit}: it was made on other planes."
        planes = _planes(dataset)
        if planes is None or not shares_frame(dataset, summary):
            raise DicomError(sentence)
        if not are_parallel(planes, summary.geometry):
            raise DicomError(f"{sentence[:-1]}, and these are not parallel to the slices.")
        if not allow_same_frame:
            raise NeedsConsentError(sentence)
        frames = _segment_frames(dataset, path, threshold, numbers)
        masks = _resampled_masks(planes, summary, frames, path, numbers)
    overlapping = overlapping_segments(masks)
    return [
        SegmentMasks(
            segment=_segment(description, number, number not in overlapping),
            masks=masks[number],
            algorithm=_algorithm(description),
            algorithm_name=text_of(description, "SegmentAlgorithmName"),
            algorithm_version=_algorithm_version(description),
        )
        for number, description in sorted(_descriptions(dataset).items())
    ]


def read_segmentation_frames(path: Path) -> np.ndarray:
    """Read the stored frames of a segmentation as they are, without a series.

    Returns
    -------
    numpy.ndarray, shape (frames, rows, columns)
        Stored values.

    Raises
    ------
    DicomError
        When the file is no segmentation or cannot be decoded.
    """
    return np.stack(list(decoded_frames(_open_segmentation(path), path, raw=True)))


def _open_segmentation(path: Path) -> FileDataset:
    try:
        _, pixel_data = open_header(path, ("Modality",))
        dataset = open_file(path)
    except NotDicomError as error:
        raise DicomError(
            f"{file_label(path)} is not a DICOM file; choose a DICOM segmentation."
        ) from error
    if text_of(dataset, "Modality") != "SEG" and "SegmentSequence" not in dataset:
        kind = name_of(text_of(dataset, "SOPClassUID")) or "DICOM object of another kind"
        raise DicomError(f"{file_label(path)} is not a segmentation but: {kind}.")
    if pixel_data is None or pixel_data.is_cut or "PixelData" not in dataset:
        raise DicomError(f"{file_label(path)} is cut short; fetch it again from where it came.")
    frames = integer_of(dataset, "NumberOfFrames") or 1
    rows, columns = integer_of(dataset, "Rows") or 0, integer_of(dataset, "Columns") or 0
    bits = integer_of(dataset, "BitsAllocated") or 1
    needed = frames * 8 if pixel_data.length is None else frames * rows * columns * bits // 8
    if not rows * columns > 0 or needed > pixel_data.available:
        raise DicomError(
            f"{file_label(path)} states {frames} frames of {rows} × {columns} pixels but holds "
            "fewer; fetch it again from where it came."
        )
    return dataset


def _check_belongs(
    dataset: Dataset, summary: SeriesSummary, path: Path, allow_same_frame: bool
) -> None:
    referenced = set(referenced_instances(dataset))
    if referenced & {record.sop_instance_uid for record in summary.records}:
        return
    check_frame(dataset, summary, path, allow_same_frame or not referenced)


def check_frame(
    dataset: Dataset, summary: SeriesSummary, path: Path, allow_same_frame: bool
) -> None:
    """Refuse an object of another series, unless it shares the frame of reference and may be used.

    Raises
    ------
    NeedsConsentError
        When it shares the frame of reference, which is not allowed.
    DicomError
        When it has nothing to do with the series.
    """
    if not shares_frame(dataset, summary):
        raise DicomError(
            f"{file_label(path)} belongs to another series; open that series, or choose a file "
            "that was made on this one."
        )
    if not allow_same_frame:
        raise NeedsConsentError(
            f"{file_label(path)} belongs to another series in the same frame of reference; "
            "say that it may be used here, or open that series."
        )


def shares_frame(dataset: Dataset, summary: SeriesSummary) -> bool:
    """Tell whether an object and a series name the same frame of reference."""
    named = {text_of(dataset, "FrameOfReferenceUID")}
    for keyword, inner in (
        ("ReferencedFrameOfReferenceSequence", "FrameOfReferenceUID"),
        ("StructureSetROISequence", "ReferencedFrameOfReferenceUID"),
    ):
        named.update(text_of(item, inner) for item in items_of(dataset, keyword))
    return summary.frame_of_reference_uid in named - {""}


def referenced_instances(dataset: Dataset) -> Iterator[str]:
    """Yield the UIDs of the images that an object refers to, wherever it does."""
    uid = text_of(dataset, "ReferencedSOPInstanceUID")
    if uid:
        yield uid
    for keyword in _REFERENCE_SEQUENCES:
        for item in items_of(dataset, keyword):
            yield from referenced_instances(item)


def _misfit(dataset: Dataset, summary: SeriesSummary) -> str:
    """Say in what the planes differ from the slices; "" where they may be the same."""
    size = integer_of(dataset, "Rows"), integer_of(dataset, "Columns")
    if size != (summary.rows, summary.columns):
        return f"has {size[0]} × {size[1]} pixels, the series {summary.rows} × {summary.columns}"
    geometry = summary.geometry
    expected = [*geometry.row_direction, *geometry.column_direction]
    orientation = functional_group(dataset, "PlaneOrientationSequence", 0)
    cosines = numbers_of(orientation, "ImageOrientationPatient") if orientation else ()
    if len(cosines) == 6 and not np.allclose(cosines, expected, atol=_DIRECTION_TOLERANCE):
        return "lies in planes of another orientation than the series"
    measures = functional_group(dataset, "PixelMeasuresSequence", 0)
    spacing = numbers_of(measures, "PixelSpacing") if measures else ()
    if len(spacing) == 2 and not np.allclose(
        spacing, summary.pixel_spacing, rtol=_SPACING_TOLERANCE
    ):
        return "has pixels of another size than the series"
    return ""


def _masks_in_place(
    dataset: Dataset,
    summary: SeriesSummary,
    frames: Iterator[tuple[int, int, np.ndarray]],
    path: Path,
    numbers: Sequence[int],
) -> _Masks | None:
    """Put frames on the slices they lie on; None where one with pixels lies on none."""
    masks: _Masks = {number: {} for number in numbers}
    for frame, number, mask in _marking(frames, path, numbers):
        index = _slice_of(dataset, frame, summary)
        if index is None:
            return None
        _add(masks[number], index, mask)
    return masks


def _resampled_masks(
    planes: Planes,
    summary: SeriesSummary,
    frames: Iterator[tuple[int, int, np.ndarray]],
    path: Path,
    numbers: Sequence[int],
) -> _Masks:
    by_frame: _Masks = {number: {} for number in numbers}
    # Frames of several segments lie on the same plane: the first of them stands for all.
    unique, first, same = np.unique(
        np.round(planes.positions @ planes.normal, 2), return_index=True, return_inverse=True
    )
    for frame, number, mask in _marking(frames, path, numbers):
        _add(by_frame[number], int(same[frame]), mask)
    distinct = replace(planes, positions=planes.positions[first])
    if len(unique) > 1:
        # Planes that nothing is marked on may be left out, so those there may lie farther apart.
        distinct = replace(distinct, step=min(planes.step, float(np.diff(unique).min())))
    masks = {
        number: resample_masks(found, distinct, summary.geometry)
        for number, found in by_frame.items()
    }
    if any(by_frame.values()) and not any(masks.values()):
        raise DicomError(f"{file_label(path)} marks nothing within the slices of this series.")
    return masks


def _marking(
    frames: Iterator[tuple[int, int, np.ndarray]], path: Path, numbers: Sequence[int]
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Pass on the frames that mark a pixel; a segment without description is an error."""
    for frame, number, mask in frames:
        if not mask.any():
            continue
        if number not in numbers:
            raise DicomError(f"{file_label(path)} uses segment {number} without describing it.")
        yield frame, number, mask


def _add(masks: dict[int, np.ndarray], index: int, mask: np.ndarray) -> None:
    present = masks.get(index)
    masks[index] = mask if present is None else present | mask


def _planes(dataset: Dataset) -> Planes | None:
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
        or any(len(one) != 6 or not np.allclose(one, cosines[0]) for one in cosines)
        or any(len(one) != 2 or min(one) <= 0 or one != spacing[0] for one in spacing)
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


def _descriptions(dataset: Dataset) -> dict[int, Dataset]:
    """Return the items of the Segment Sequence by segment number, without a background."""
    background = integer_of(dataset, "PixelPaddingValue")
    found = {}
    for item in items_of(dataset, "SegmentSequence"):
        number = integer_of(item, "SegmentNumber")
        if number is not None and 0 < number < 65536 and number != background:
            found[number] = item
    return found


def _segment_frames(
    dataset: FileDataset, path: Path, threshold: float, numbers: Sequence[int]
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield frame index, segment number and mask for each segment of each frame."""
    kind = text_of(dataset, "SegmentationType") or "BINARY"
    largest = number_of(dataset, "MaximumFractionalValue") or 1.0
    for frame, stored in enumerate(decoded_frames(dataset, path, raw=True)):
        if kind == "LABELMAP":
            present = np.unique(stored)
            for number in numbers:
                if number in present:
                    yield frame, number, stored == number
            continue
        group = functional_group(dataset, "SegmentIdentificationSequence", frame)
        referenced = integer_of(group, "ReferencedSegmentNumber") if group else None
        if referenced is None:
            raise DicomError(f"{file_label(path)} does not say which segment its frames belong to.")
        yield (
            frame,
            referenced,
            stored >= threshold * largest if kind == "FRACTIONAL" else stored > 0,
        )


def _slice_of(dataset: Dataset, frame: int, summary: SeriesSummary) -> int | None:
    """Find the slice that a frame lies on, by position or by the image it refers to."""
    geometry = summary.geometry
    group = functional_group(dataset, "PlanePositionSequence", frame)
    position = numbers_of(group, "ImagePositionPatient") if group else ()
    if len(position) != 3 or not geometry.in_patient:
        return _slice_by_reference(dataset, frame, summary)
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


def _slice_by_reference(dataset: Dataset, frame: int, summary: SeriesSummary) -> int | None:
    derivation = functional_group(dataset, "DerivationImageSequence", frame)
    sources = items_of(derivation, "SourceImageSequence") if derivation else ()
    if not len(sources):
        # A segmentation of one image may leave out what can only be that image.
        return 0 if summary.slices == 1 else None
    uid = text_of(sources[0], "ReferencedSOPInstanceUID")
    number = integer_of(sources[0], "ReferencedFrameNumber")
    for index, record in enumerate(summary.records):
        if record.sop_instance_uid == uid and number in (None, record.frame):
            return index
    return None


def overlapping_segments(masks: dict[int, dict[int, np.ndarray]]) -> set[int]:
    """Return the numbers of segments that share a pixel with another one."""
    found: set[int] = set()
    for index in {index for slices in masks.values() for index in slices}:
        present = [number for number, slices in masks.items() if index in slices]
        depth = np.sum([masks[number][index] for number in present], axis=0)
        found.update(number for number in present if (depth[masks[number][index]] > 1).any())
    return found


def segment_label(description: Dataset, keyword: str, number: int) -> str:
    """Read the name of a segment, without what a name may not hold; "Segment 3" for none."""
    printable = "".join(
        character if character.isprintable() and character != "\\" else " "
        for character in text_of(description, keyword)
    )
    return printable.strip()[:MAX_LABEL_LENGTH].strip() or f"Segment {number}"


def _segment(description: Dataset, number: int, exclusive: bool) -> Segment:
    return Segment(
        number=number,
        label=segment_label(description, "SegmentLabel", number),
        color=color_of(description, number),
        category=code_of(description, "SegmentedPropertyCategoryCodeSequence", UNKNOWN_CATEGORY),
        type=code_of(description, "SegmentedPropertyTypeCodeSequence", UNKNOWN_TYPE),
        exclusive=exclusive,
        type_modifier=modifier_of(description),
    )


def _algorithm(description: Dataset) -> Algorithm:
    kind = text_of(description, "SegmentAlgorithmType")
    return cast(Algorithm, kind) if kind in get_args(Algorithm) else "SEMIAUTOMATIC"


def _algorithm_version(description: Dataset) -> str:
    items = items_of(description, "SegmentationAlgorithmIdentificationSequence")
    return text_of(items[0], "AlgorithmVersion") if len(items) else ""
