"""Reading DICOM segmentations, Slicewise's and others', back onto their series."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset

from core.dicom.errors import DicomError, NeedsConsentError
from core.dicom.files import file_label, integer_of, number_of, text_of
from core.dicom.pixels import decoded_frames, functional_group
from core.dicom.series import Series, SeriesSummary
from core.formats.resampling import Planes, are_parallel, resample_masks
from core.formats.segment_descriptions import (
    described_algorithm,
    described_segment,
    described_segments,
    overlapping_segments,
)
from core.formats.segmentation_opening import open_segmentation
from core.formats.segmentation_planes import misfit, planes_of, slice_of
from core.formats.series_references import check_frame, referenced_instances, shares_frame
from core.segments.segment_masks import SegmentMasks

# Masks by segment number and slice; frame index, segment number and mask.
_Masks = dict[int, dict[int, np.ndarray]]
_Frames = Iterator[tuple[int, int, np.ndarray]]


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
    dataset = open_segmentation(path)
    if not _names_an_image_of(dataset, summary):
        is_free = not any(referenced_instances(dataset))
        check_frame(dataset, summary, path, allow_same_frame or is_free)
    masks = _placed_masks(dataset, summary, path, threshold, allow_same_frame)
    overlapping = overlapping_segments(masks)
    return [
        SegmentMasks(
            described_segment(description, number, exclusive=number not in overlapping),
            masks[number],
            *described_algorithm(description),
        )
        for number, description in sorted(described_segments(dataset).items())
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
    return np.stack(list(decoded_frames(open_segmentation(path), path, raw=True)))


def _names_an_image_of(dataset: Dataset, summary: SeriesSummary) -> bool:
    images = {record.sop_instance_uid for record in summary.records}
    return not images.isdisjoint(referenced_instances(dataset))


def _placed_masks(
    dataset: FileDataset,
    summary: SeriesSummary,
    path: Path,
    threshold: float,
    allow_same_frame: bool,
) -> _Masks:
    """Bring the frames onto the slices: as they are where they fit, else from parallel planes."""
    numbers = sorted(described_segments(dataset))
    difference = misfit(dataset, summary)
    if not difference:
        frames = _marked_frames(dataset, path, threshold, numbers)
        masks = _masks_in_place(dataset, summary, frames, numbers)
        if masks is not None:
            return masks
        difference = "marks pixels at a position where the series has no slice"
    sentence = f"{file_label(path)} {difference}: it was made on other planes."
    planes = planes_of(dataset)
    if planes is None or not shares_frame(dataset, summary):
        raise DicomError(sentence)
    if not are_parallel(planes, summary.geometry):
        raise DicomError(f"{sentence[:-1]}, and these are not parallel to the slices.")
    if not allow_same_frame:
        raise NeedsConsentError(sentence)
    frames = _marked_frames(dataset, path, threshold, numbers)
    masks = _resampled_masks(planes, summary, frames, numbers)
    if masks is None:
        raise DicomError(f"{file_label(path)} marks nothing within the slices of this series.")
    return masks


def _masks_in_place(
    dataset: Dataset, summary: SeriesSummary, frames: _Frames, numbers: Sequence[int]
) -> _Masks | None:
    """Put frames on the slices they lie on; None where one with pixels lies on none."""
    masks: _Masks = {number: {} for number in numbers}
    for frame, number, mask in frames:
        index = slice_of(dataset, frame, summary)
        if index is None:
            return None
        _add(masks[number], index, mask)
    return masks


def _resampled_masks(
    planes: Planes, summary: SeriesSummary, frames: _Frames, numbers: Sequence[int]
) -> _Masks | None:
    """Give each slice the nearest plane of frames; None where none reaches a slice."""
    by_frame: _Masks = {number: {} for number in numbers}
    # Frames of several segments lie on the same plane: the first of them stands for all.
    unique, first, same = np.unique(
        np.round(planes.positions @ planes.normal, 2), return_index=True, return_inverse=True
    )
    for frame, number, mask in frames:
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
        return None
    return masks


def _marked_frames(
    dataset: FileDataset, path: Path, threshold: float, numbers: Sequence[int]
) -> _Frames:
    """Yield the frames that mark a pixel; a segment without description is an error."""
    for frame, number, mask in _segment_frames(dataset, path, threshold, numbers):
        if not mask.any():
            continue
        if number not in numbers:
            raise DicomError(f"{file_label(path)} uses segment {number} without describing it.")
        yield frame, number, mask


def _add(masks: dict[int, np.ndarray], index: int, mask: np.ndarray) -> None:
    present = masks.get(index)
    masks[index] = mask if present is None else present | mask


def _segment_frames(
    dataset: FileDataset, path: Path, threshold: float, numbers: Sequence[int]
) -> _Frames:
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
