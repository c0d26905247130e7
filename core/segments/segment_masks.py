"""The masks of one segment, as they are written to and read from files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from core.segments.segment import Segment

Algorithm = Literal["MANUAL", "SEMIAUTOMATIC", "AUTOMATIC"]
"""How a segment was made (Segment Algorithm Type, PS3.3 C.8.20.4)."""


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
        no person reviewed them.
    algorithm_name, algorithm_version : str
        Name and version of the proposing algorithm, by default Slicewise and its version;
        ignored for MANUAL.
    states : mapping of int to str
        How single masks came about, by slice index, such as "drawn" or "accepted"; without those
        of which nothing is known.
    teachers : tuple of str
        Series Instance UIDs of the other series that proposals among them were made from; ignored
        for MANUAL.
    absent : bool
        Whether a person confirmed that the segment is on no slice; there are no masks then.
    """

    segment: Segment
    masks: Mapping[int, np.ndarray]
    algorithm: Algorithm = "MANUAL"
    algorithm_name: str = ""
    algorithm_version: str = ""
    states: Mapping[int, str] = field(default_factory=dict)
    teachers: tuple[str, ...] = ()
    absent: bool = False
