"""Series that show a bright ball in noise, a little to the side of one another."""

from pathlib import Path

import numpy as np

from core.annotation.actions import save_drawing
from core.annotation.store import AnnotationStore
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.dicom.slice_names import slice_names
from core.segments.segment import Segment, default_color
from tests.support.segments import ANATOMY, LIVER
from tests.support.synthetic_series import PLACEMENTS, by_position, write_series

SLICES, ROWS, COLUMNS = 9, 64, 64
SEGMENT = Segment(1, "Liver", default_color(1), ANATOMY, LIVER)


def ball(shift: int) -> np.ndarray:
    z, y, x = np.mgrid[:SLICES, :ROWS, :COLUMNS]
    return (z - 4) ** 2 * 25 + (y - 30 - shift) ** 2 + (x - 32) ** 2 < 400


def write_ball(folder: Path, shift: int) -> SeriesSummary:
    """Write a series with a bright ball in noise."""
    write_series(folder, PLACEMENTS[0], SLICES, ROWS, COLUMNS, seed=shift)
    noise = np.random.default_rng(shift).normal(0, 20, (SLICES, ROWS, COLUMNS))
    volume = (100 * ball(shift) + noise).astype("<i2")
    for index, image in enumerate(by_position(folder)):
        image.PixelData = volume[index].tobytes()
        image.save_as(str(image.filename), enforce_file_format=True)
    return find_series(folder)[0]


def draw(store: AnnotationStore, key: str, summary: SeriesSummary, shift: int) -> None:
    """Draw the ball on two slices, as anna."""
    store.open_annotation(key, slice_names(summary), summary.rows, summary.columns)
    if not store.segments(key):
        store.save_segment(key, SEGMENT, "anna")
    for index in (2, 6):
        save_drawing(store, key, 1, index, ball(shift)[index], person="anna", tool="brush")
