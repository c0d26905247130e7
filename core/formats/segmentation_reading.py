"""Reading DICOM segmentations, Slicewise's and others', back onto their series."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset

from core.dicom.errors import DicomError, NeedsConsentError
from core.dicom.files import file_label, integer_of
from core.dicom.pixels import decoded_frames
from core.dicom.series import Series, SeriesSummary
from core.formats.frame_states import frame_states
from core.formats.image_references import NamedImages, frame_images, slices_by_image
from core.formats.masks_read import MasksRead
from core.formats.resampling import Planes, are_parallel, resample_masks
from core.formats.segment_descriptions import (
    SegmentItems,
    described_masks,
    segment_items,
)
from core.formats.segmentation_frames import (
    PixelMeaning,
    background_cautions,
    marked_frames,
    pixel_meaning,
)
from core.formats.segmentation_opening import open_segmentation
from core.formats.segmentation_planes import misfit, planes_of, slice_of
from core.formats.series_references import (
    check_frame,
    lists_series,
    names_nothing,
    place_cautions,
    shares_frame,
)
from core.segments.segment_masks import SegmentMasks

# Masks by segment number and slice; frame index, segment number and mask.
_Masks = dict[int, dict[int, np.ndarray]]
_Frames = Iterator[tuple[int, int, np.ndarray]]


@dataclass(frozen=True, eq=False)
class _Source:
    """A segmentation as it is read: its data set, and what its values and frames mean.

    `images` has an item for each frame; frames of `skipped` belong to other stacks.
    """

    dataset: FileDataset
    path: Path
    meaning: PixelMeaning
    items: SegmentItems
    images: Sequence[NamedImages]
    skipped: frozenset[int]

    def marked(self) -> _Frames:
        return marked_frames(self.dataset, self.path, self.meaning, self.items, self.skipped)


def read_segmentation(
    path: Path,
    series: Series | SeriesSummary,
    *,
    threshold: float = 0.5,
    allow_same_frame: bool = False,
) -> list[SegmentMasks]:
    """Read a segmentation of a series, as `read_segmentation_with_cautions` does, masks only."""
    return read_segmentation_with_cautions(
        path, series, threshold=threshold, allow_same_frame=allow_same_frame
    ).segments


def read_segmentation_with_cautions(
    path: Path,
    series: Series | SeriesSummary,
    *,
    threshold: float = 0.5,
    allow_same_frame: bool = False,
) -> MasksRead:
    """Read a segmentation of a series: BINARY, FRACTIONAL or LABELMAP.

    Frames are placed by their position in the patient, and where they state none by the image they
    refer to; never by their order. A frame that names images belongs to the stack only if one of
    them does: those of another phase are left out. Empty frames are ignored: they say nothing about
    what a person looked at.

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
    MasksRead
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
    images = frame_images(
        dataset, integer_of(dataset, "NumberOfFrames") or 1, slices_by_image(summary)
    )
    of_stack = _is_of_stack(dataset, images, summary)
    if not of_stack:
        check_frame(dataset, summary, path, allow_same_frame or names_nothing(dataset))
    elsewhere = (frame for frame, named in enumerate(images) if named.is_elsewhere)
    source = _Source(
        dataset,
        path,
        pixel_meaning(dataset, path, threshold),
        segment_items(dataset),
        images,
        frozenset(elsewhere if of_stack else ()),
    )
    placed = _placed_masks(source, summary, allow_same_frame)
    segments, cautions = described_masks(placed.masks, source.items)
    return MasksRead(
        [replace(one, states=placed.states.get(one.segment.number, {})) for one in segments],
        (
            *source.meaning.cautions,
            *_background_cautions(source),
            *place_cautions(
                dataset,
                summary,
                of_stack=of_stack,
                by_image=any(named.names_image for named in images),
            ),
            *_reference_cautions(source),
            *placed.cautions,
            *cautions,
        ),
    )


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


def _is_of_stack(dataset: Dataset, images: Sequence[NamedImages], summary: SeriesSummary) -> bool:
    """Tell whether a segmentation was made on this stack: by its frames, or else as it lists."""
    if any(named.slices for named in images):
        return True
    if any(named.names_image for named in images):
        return False
    return lists_series(dataset, summary)


def _reference_cautions(source: _Source) -> Iterable[str]:
    """Say where frames and the images that they name do not go together."""
    frames = len(source.images)
    if source.skipped:
        yield (
            f"{len(source.skipped)} of the {frames} frames name images that are not among these "
            "slices, such as those of another phase; they were left out."
        )


def _background_cautions(source: _Source) -> Iterable[str]:
    if source.meaning.kind != "LABELMAP":
        return ()
    return background_cautions(source.dataset, source.path, source.items)


@dataclass(frozen=True, eq=False)
class _Placed:
    """Masks on the slices, and what to know of how they came there."""

    masks: _Masks
    cautions: tuple[str, ...] = ()
    states: dict[int, dict[int, str]] = field(default_factory=dict)


def _placed_masks(source: _Source, summary: SeriesSummary, allow_same_frame: bool) -> _Placed:
    """Bring the frames onto the slices: as they are where they fit, else from parallel planes."""
    dataset, path = source.dataset, source.path
    difference = misfit(dataset, summary)
    if not difference:
        placed = _masks_in_place(source, summary)
        if placed is not None:
            return placed
        difference = "marks pixels at a position where the series has no slice"
    sentence = f"{file_label(path)} {difference}: it was made on other planes."
    planes = planes_of(dataset)
    if planes is None or not shares_frame(dataset, summary):
        raise DicomError(sentence)
    if not are_parallel(planes, summary.geometry):
        raise DicomError(f"{sentence[:-1]}, and these are not parallel to the slices.")
    if not allow_same_frame:
        raise NeedsConsentError(sentence)
    masks = _resampled_masks(planes, summary, source.marked())
    if masks is None:
        raise DicomError(f"{file_label(path)} marks nothing within the slices of this series.")
    return _Placed(
        masks,
        (
            "The masks were made on other planes and resampled: each slice took the nearest plane, "
            "and each pixel the nearest pixel.",
        ),
    )


def _masks_in_place(source: _Source, summary: SeriesSummary) -> _Placed | None:
    """Put frames on the slices they lie on; None where one with pixels lies on none."""
    masks: _Masks = {}
    moved, united = set(), set()
    comments = frame_states(source.dataset)
    states: dict[int, dict[int, str]] = {}
    for frame, number, mask in source.marked():
        named = source.images[frame]
        index = slice_of(source.dataset, frame, summary, named)
        if index is None:
            return None
        if named.slices and index not in named.slices:
            moved.add(frame)
        present = masks.setdefault(number, {}).get(index)
        if present is not None and not np.array_equal(present, mask):
            united.add(frame)
        _add(masks[number], index, mask)
        if state := comments[frame].get(number) if frame < len(comments) else None:
            states.setdefault(number, {})[index] = state
    frames = len(source.images)
    cautions = []
    if moved:
        cautions.append(
            f"{len(moved)} of the {frames} frames lie on other slices than the images they name; "
            "they were placed by their position."
        )
    if united:
        cautions.append(
            f"{len(united)} of the {frames} frames lie where another frame of their segment does, "
            "such as that of another phase; they were united with it: check the masks."
        )
    return _Placed(masks, tuple(cautions), states)


def _resampled_masks(planes: Planes, summary: SeriesSummary, frames: _Frames) -> _Masks | None:
    """Give each slice the nearest plane of frames; None where none reaches a slice."""
    by_frame: _Masks = {}
    # Frames of several segments lie on the same plane: the first of them stands for all.
    unique, first, same = np.unique(
        np.round(planes.positions @ planes.normal, 2), return_index=True, return_inverse=True
    )
    for frame, number, mask in frames:
        _add(by_frame.setdefault(number, {}), int(same[frame]), mask)
    distinct = replace(planes, positions=planes.positions[first])
    if len(unique) > 1:
        # Planes that nothing is marked on may be left out, so those there may lie farther apart.
        distinct = replace(distinct, step=min(planes.step, float(np.diff(unique).min())))
    masks = {
        number: resample_masks(found, distinct, summary.geometry)
        for number, found in by_frame.items()
    }
    if by_frame and not any(masks.values()):
        return None
    return masks


def _add(masks: dict[int, np.ndarray], index: int, mask: np.ndarray) -> None:
    present = masks.get(index)
    masks[index] = mask if present is None else present | mask
