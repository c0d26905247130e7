"""DICOM segmentations (SEG): write masks of a series, and read them back."""

from core.formats.segmentation_reading import read_segmentation, read_segmentation_frames
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment_masks import Algorithm, SegmentMasks

__all__ = [
    "Algorithm",
    "SegmentMasks",
    "read_segmentation",
    "read_segmentation_frames",
    "write_segmentation",
]
