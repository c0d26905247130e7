"""DICOM segmentations (SEG): write masks of a series, and read them back."""

from core.dicom.segment_masks import Algorithm, SegmentMasks
from core.dicom.segmentation_reading import read_segmentation, read_segmentation_frames
from core.dicom.segmentation_writing import write_segmentation

__all__ = [
    "Algorithm",
    "SegmentMasks",
    "read_segmentation",
    "read_segmentation_frames",
    "write_segmentation",
]
