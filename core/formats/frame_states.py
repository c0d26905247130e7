"""How each mask came about, stated in the comments on the frames of a DICOM segmentation.

DICOM says how a segment was made (Segment Algorithm Type), not how each of its frames was. The
place for it is Frame Comments, the optional text about a frame (PS3.3 C.7.6.16.2.2). It is read
back from Slicewise's own files only: elsewhere it may mean anything.
"""

import re
from collections.abc import Sequence

from pydicom.dataset import Dataset

from core.dicom.files import integer_of, items_of, text_of
from core.dicom.series import SeriesSummary
from core.formats.image_references import frame_images, slices_by_image
from core.formats.product import PRODUCT
from core.segments.segment_masks import SegmentMasks

_COMMENT = re.compile(r"Segment (\d{1,5}): ([a-z_]{1,20})")


def add_frame_states(
    segmentation: Dataset, summary: SeriesSummary, segments: Sequence[SegmentMasks]
) -> None:
    """Write into each frame how the masks in it came about, where that is known.

    Parameters
    ----------
    segmentation : pydicom.dataset.Dataset
        Changed in place; its frames refer to the images of the series.
    summary : SeriesSummary
        The series.
    segments : sequence of SegmentMasks
        In the order of their numbers in the file, which count from 1.
    """
    frames = items_of(segmentation, "PerFrameFunctionalGroupsSequence")
    images = frame_images(segmentation, len(frames), slices_by_image(summary))
    for frame, named in zip(frames, images, strict=True):
        numbers = _numbers_of(frame) or range(1, len(segments) + 1)
        comment = "; ".join(
            f"Segment {number}: {state}"
            for number in numbers
            for index in named.slices[:1]
            if (state := segments[number - 1].states.get(index))
        )
        if comment:
            for content in items_of(frame, "FrameContentSequence"):
                content.FrameComments = comment


def frame_states(dataset: Dataset) -> list[dict[int, str]]:
    """Read what `add_frame_states` wrote.

    Returns
    -------
    list of dict of int to str
        For each frame, the states of its masks by segment number; blank in files of others.
    """
    frames = items_of(dataset, "PerFrameFunctionalGroupsSequence")
    if text_of(dataset, "Manufacturer") != PRODUCT:
        return [{} for _ in frames]
    return [
        {
            int(number): state
            for content in items_of(frame, "FrameContentSequence")
            for number, state in _COMMENT.findall(text_of(content, "FrameComments"))
        }
        for frame in frames
    ]


def _numbers_of(frame: Dataset) -> list[int]:
    """Segments that a frame holds; none where it is a label map, which holds them all."""
    numbers = (
        integer_of(item, "ReferencedSegmentNumber")
        for item in items_of(frame, "SegmentIdentificationSequence")
    )
    return [number for number in numbers if number is not None]
