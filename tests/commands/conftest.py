"""A real CT series with the five structures of its aligned volume, drawn on three slices each."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.dicom.reading import find_series, read_series
from core.dicom.series import Series
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment import Code, Segment, default_color
from core.segments.segment_masks import SegmentMasks
from tests.support.segments import ANATOMY, LIVER, SPLEEN

STRUCTURES = {
    "liver": LIVER,
    "spleen": SPLEEN,
    "aorta": Code("15825003", "SCT", "Aorta"),
    "spinal_cord": Code("2748008", "SCT", "Spinal cord"),
    "autochthon": Code("44947003", "SCT", "Erector spinae muscle"),
}


@dataclass(frozen=True)
class DrawnCase:
    """The series, its true masks by label, the slices drawn on, and their segmentation."""

    folder: Path
    series: Series
    truth: dict[str, np.ndarray]
    drawn: tuple[int, ...]
    examples: Path


def example_slices(truth: np.ndarray, count: int) -> tuple[int, ...]:
    """Choose evenly spaced slices of a structure [slice, row, column], both ends included."""
    present = np.flatnonzero(truth.any(axis=(1, 2)))
    return tuple(
        int(index) for index in np.linspace(present[0], present[-1], count).round().astype(int)
    )


def write_examples(
    series: Series, masks_by_label: dict[str, dict[int, np.ndarray]], path: Path
) -> Path:
    """Write drawn masks as a segmentation of the series."""
    segments = [
        SegmentMasks(
            Segment(number, label, default_color(number), ANATOMY, STRUCTURES.get(label, ANATOMY)),
            masks,
        )
        for number, (label, masks) in enumerate(masks_by_label.items(), start=1)
    ]
    write_segmentation(series, segments, path)
    return path


@pytest.fixture(scope="session")
def drawn_case(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> DrawnCase:
    folder = shared_data / "dicom" / "totalseg_example_ct"
    series = read_series(find_series(folder)[0])
    volume = np.load(shared_data / "volumes" / "totalseg_ct_dicom.npz")
    assert np.array_equal(volume["image"], series.volume), "the labels belong to other slices"
    truth = {label: volume[f"mask_{label}"] > 0 for label in STRUCTURES}
    drawn = example_slices(truth["liver"], 3)
    path = write_examples(
        series,
        {label: {index: mask[index] for index in drawn} for label, mask in truth.items()},
        tmp_path_factory.mktemp("drawn") / "examples.dcm",
    )
    return DrawnCase(folder, series, truth, drawn, path)
