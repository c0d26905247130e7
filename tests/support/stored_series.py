"""A small series with two segments, and masks to put on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import create_engine

from core.annotation.records import MaskChange
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.segments.segment import Code, Segment, default_color
from tests.support.segments import ANATOMY, LIVER, SPLEEN

Put = Callable[..., int]
"""The fixture `put`: stores a mask and returns its version."""

SERIES = "1.2.826.0.1.3680043.8.498.1"
ROWS, COLUMNS, SLICES = 12, 10, 6
SHAPE = (ROWS, COLUMNS)


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
    store.open_annotation(SERIES, [f"{SERIES}.{index}" for index in range(SLICES)], ROWS, COLUMNS)
    store.save_segment(SERIES, segment(1, LIVER), "anna")
    store.save_segment(SERIES, segment(2, SPLEEN), "anna")
    return store


def put_mask(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    slice_index: int,
    *,
    mask: NDArray[np.bool_] | None,
    state: SliceState = SliceState.DRAWN,
    based_on: int = 0,
    person: str = "anna",
    tool: str = "brush",
    message: tuple[str, int] | None = None,
    **more: Any,
) -> int:
    """Store one mask as a step of its own, named after its tool; returns the new version."""
    change = MaskChange(segment_number, slice_index, mask, state, based_on, **more)
    return store.put_many(annotation_key, [change], person, tool, tool, message=message)[0]


@dataclass
class Suggested:
    """A proposal, as the model side hands it over."""

    segment: int
    slice: int
    mask: NDArray[np.bool_]
    expected_dice: float | None = None


def states(store: AnnotationStore, segment: int = 1) -> list[str]:
    """State of every slice of a segment."""
    return [store.slice(SERIES, segment, index).state.value for index in range(SLICES)]


def rows_in(url: str, table: str) -> int:
    """Number of rows in a table of a store."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    engine.dispose()
    return int(rows)
