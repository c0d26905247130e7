"""A store on disk with one small series and two segments."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.database import default_url
from core.annotation.segments import Code, Segment, default_color
from core.annotation.store import AnnotationStore

SERIES = "1.2.826.0.1.3680043.8.498.1"
ROWS, COLUMNS, SLICES = 12, 10, 6
ANATOMY = Code("123037004", "SCT", "Anatomical Structure")
LIVER = Code("10200004", "SCT", "Liver")
SPLEEN = Code("78961009", "SCT", "Spleen")


def segment(number: int, type_: Code = LIVER) -> Segment:
    return Segment(number, type_.meaning, default_color(number), ANATOMY, type_)


def square(size: int, at: int = 1) -> NDArray[np.bool_]:
    """Mask with a square of `size` pixels a side."""
    mask = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    mask[at : at + size, at : at + size] = True
    return mask


def prepare(url: str) -> AnnotationStore:
    """Open a store that knows the series and has two segments."""
    store = AnnotationStore(url)
    store.open_series(SERIES, [f"{SERIES}.{index}" for index in range(SLICES)], ROWS, COLUMNS)
    store.save_segment(SERIES, segment(1, LIVER), "anna")
    store.save_segment(SERIES, segment(2, SPLEEN), "anna")
    return store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return default_url(tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[AnnotationStore]:
    store = prepare(url)
    yield store
    store.close()
