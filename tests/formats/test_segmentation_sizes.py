"""Segmentations of images of any size, through everything that reads them."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import ImplicitVRLittleEndian

from core.__main__ import main
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.reading import read_masks
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import (
    assert_same_masks,
    make_segments,
    masks_in_place,
    volumes_by_dcmqi,
)
from tests.support.synthetic_series import PLACEMENTS, write_series


def series_of(folder: Path, rows: int, columns: int, slices: int = 4) -> SeriesSummary:
    write_series(folder / "series", PLACEMENTS[0], slices=slices, rows=rows, columns=columns)
    (summary,) = find_series(folder / "series")
    return summary


def segments_on(summary: SeriesSummary, seed: int = 0) -> list[SegmentMasks]:
    """Two segments, the first without a frame on some slices."""
    return [one for one in make_segments(summary, seed=seed) if any_pixel(one)]


def any_pixel(one: Any) -> bool:
    masks = {index: mask for index, mask in one.masks.items() if mask.any()}
    one.masks.clear()
    one.masks.update(masks)
    return bool(masks)


def assert_same_segments(segments: list[SegmentMasks], read: Any) -> None:
    assert [one.segment.label for one in read] == [one.segment.label for one in segments]
    for one, other in zip(segments, read, strict=True):
        assert_same_masks(one.masks, other.masks)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 65),
    columns=st.integers(1, 67),
    compression=st.sampled_from(["none", "deflated", "jpeg2000"]),
    kind=st.sampled_from(["BINARY", "LABELMAP"]),
    seed=st.integers(0, 9),
)
def test_own_exports_of_any_size_come_back(
    rows: int, columns: int, compression: Any, kind: Any, seed: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        summary = series_of(Path(name), rows, columns)
        segments = segments_on(summary, seed)
        if compression == "jpeg2000" and min(rows, columns) < 32:
            compression = "none"
        if segments:
            path = Path(name) / "seg.dcm"
            write_segmentation(summary, segments, path, kind=kind, compression=compression)
            assert_same_segments(segments, read_masks(path, summary))


@pytest.mark.parametrize("columns", range(1, 10))
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_the_smallest_images_are_packed_as_pydicom_reads_them(
    tmp_path: Path, rows: int, columns: int
) -> None:
    summary = series_of(tmp_path, rows, columns)
    segments = segments_on(summary, seed=1)
    path = tmp_path / "seg.dcm"
    write_segmentation(summary, segments, path)
    frames = pydicom.dcmread(path).pixel_array.reshape(-1, rows, columns)
    expected = [mask for one in segments for mask in one.masks.values()]
    assert sorted(frame.tobytes() for frame in frames.astype(bool)) == sorted(
        mask.tobytes() for mask in expected
    )
    assert_same_segments(segments, read_segmentation(path, summary))


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (35, 37), (35, 51), (55, 62)])
def test_implicit_vr_of_any_size_is_read(tmp_path: Path, size: tuple[int, int]) -> None:
    summary = series_of(tmp_path, *size)
    segments = segments_on(summary)
    path = tmp_path / "seg.dcm"
    write_segmentation(summary, segments, path)
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(path, implicit_vr=True, little_endian=True)
    assert_same_segments(segments, read_segmentation(path, summary))


@pytest.mark.parametrize("size", [(5, 7), (35, 37), (91, 117)])
def test_dcmqi_reads_the_same_masks(
    tmp_path: Path, segimage2itkimage: str, size: tuple[int, int]
) -> None:
    summary = series_of(tmp_path, *size)
    segments = segments_on(summary)
    write_segmentation(summary, segments, tmp_path / "seg.dcm")
    converted = volumes_by_dcmqi(tmp_path / "seg.dcm", tmp_path, segimage2itkimage)
    for number, one in enumerate(segments, start=1):
        image = converted[number - 1] if len(converted) > 1 else converted[0]
        assert_same_masks(one.masks, masks_in_place(image, number, summary))


def test_commands_read_examples_that_begin_within_a_byte(tmp_path: Path) -> None:
    summary = series_of(tmp_path, 35, 37, slices=6)
    segments = segments_on(summary)[:1]
    drawn, proposed = tmp_path / "drawn.dcm", tmp_path / "proposed.dcm"
    write_segmentation(summary, segments, drawn)
    task = [str(tmp_path / "series"), "--method", "interpolation"]
    assert main(["propose", *task, "--examples", str(drawn), "--output", str(proposed)]) == 0
    (read,) = read_segmentation(proposed, summary)
    for index, mask in segments[0].masks.items():
        assert np.array_equal(read.masks[index], mask)
    converted = tmp_path / "converted.dcm"
    assert main(["convert", str(tmp_path / "series"), str(proposed), str(converted)]) == 0
    assert_same_masks(read.masks, read_segmentation(converted, summary)[0].masks)
