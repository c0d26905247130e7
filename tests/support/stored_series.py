"""A small series with two segments, and masks to put on it."""

import numpy as np
from numpy.typing import NDArray

from core.annotation.store import AnnotationStore
from core.segments.segment import Code, Segment, default_color

SERIES = "1.2.826.0.1.3680043.8.498.1"
ROWS, COLUMNS, SLICES = 12, 10, 6
SHAPE = (ROWS, COLUMNS)
ANATOMY = Code("91723000", "SCT", "Anatomical Structure")
LIVER = Code("10200004", "SCT", "Liver")
SPLEEN = Code("78961009", "SCT", "Spleen")


def segment(number: int, type_: Code = LIVER) -> Segment:
    return Segment(number, type_.meaning, default_color(number), ANATOMY, type_)


def square(size: int, at: int = 1) -> NDArray[np.bool_]:
    """Mask with a square of `size` pixels a side."""
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[at : at + size, at : at + size] = True
    return mask


NOTHING = square(0)


def prepare(url: str) -> AnnotationStore:
    """Open a store that knows the series and has two segments."""
    store = AnnotationStore(url)
    store.open_series(SERIES, [f"{SERIES}.{index}" for index in range(SLICES)], ROWS, COLUMNS)
    store.save_segment(SERIES, segment(1, LIVER), "anna")
    store.save_segment(SERIES, segment(2, SPLEEN), "anna")
    return store
