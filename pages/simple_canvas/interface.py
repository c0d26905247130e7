"""What goes into the canvas and what comes out of it: a slice and tools, then masks."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.annotation.store import SliceAnnotation
from core.segments.segment import Segment


class Tool(StrEnum):
    """What the pointer does."""

    BRUSH = "brush"
    OUTLINE = "outline"
    POLYGON = "polygon"
    ERASER = "eraser"


@dataclass(frozen=True, eq=False)
class EditedSlice:
    """The slice an editor shows.

    Attributes
    ----------
    annotation_key : str
        Annotation it belongs to.
    segment : Segment
        Structure being drawn.
    slice_index : int
        Counted from 0 along the normal.
    picture : bytes
        PNG of the slice with the masks over it.
    size : tuple of int
        Width and height of the picture in picture pixels.
    annotation : SliceAnnotation
        Stored mask, state and version that drawing starts from.
    """

    annotation_key: str
    segment: Segment
    slice_index: int
    picture: bytes
    size: tuple[int, int]
    annotation: SliceAnnotation


@dataclass(frozen=True)
class ToolSettings:
    """Settings of the tools.

    Attributes
    ----------
    tool : Tool
        What the pointer does.
    width : float
        Diameter of brush and eraser in picture pixels.
    """

    tool: Tool
    width: float


@dataclass(frozen=True, eq=False)
class MaskEvent:
    """A new mask that a person drew.

    Attributes
    ----------
    segment_number, slice_index : int
        Where.
    mask, base : numpy.ndarray
        Bool [rows, columns]: the new mask, and the stored one that drawing started from.
    based_on : int
        Version that the person saw while drawing.
    tool : str
        What was drawn with, as the store keeps it.
    strokes : int
        How many strokes, so far, the mask holds on top of `base`.
    erased : bool
        Whether the person took something away, so that an empty mask is meant.
    source : str
        The editor's own name for where it was drawn.
    """

    segment_number: int
    slice_index: int
    mask: NDArray[np.bool_]
    base: NDArray[np.bool_]
    based_on: int
    tool: str
    strokes: int
    erased: bool
    source: str

    def on(self, stored: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mask that the same strokes give on another stored mask, bool [rows, columns]."""
        added, removed = self.mask & ~self.base, self.base & ~self.mask
        return (stored | added) & ~removed
