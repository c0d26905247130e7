"""The masks of one segment, as they go into and come out of a DICOM segmentation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.segments.segment import Segment

Algorithm = Literal["MANUAL", "SEMIAUTOMATIC", "AUTOMATIC"]
"""How a segment came about (Segment Algorithm Type, PS3.3 C.8.20.4)."""


@dataclass(frozen=True, eq=False)
class SegmentMasks:
    """One segment with its masks.

    Parameters
    ----------
    segment : core.segments.segment.Segment
        Label, colour and codes.
    masks : mapping of int to numpy.ndarray of bool, shape (rows, columns)
        By slice index in position order; slices without a pixel are left out.
    algorithm : {"MANUAL", "SEMIAUTOMATIC", "AUTOMATIC"}
        MANUAL for what was drawn only, SEMIAUTOMATIC where proposals took part, AUTOMATIC where
        nobody looked.
    algorithm_name, algorithm_version : str
        What proposed; ignored for MANUAL. By default Slicewise and its version.
    """

    segment: Segment
    masks: Mapping[int, np.ndarray]
    algorithm: Algorithm = "MANUAL"
    algorithm_name: str = ""
    algorithm_version: str = ""
