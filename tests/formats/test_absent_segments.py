"""Segments that are on no slice, in every format that is exported."""

import csv
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from core.dicom.series import SeriesSummary
from core.formats.csv_writing import write_measurements
from core.formats.nifti_writing import write_nifti
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import Kind, write_segmentation
from core.formats.structure_set_reading import read_structure_set
from core.formats.structure_set_writing import write_structure_set
from core.segments.segment import Segment
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import assert_same_masks, assert_valid, volumes_by_dcmqi
from tests.support.nifti import load_nifti
from tests.support.segments import ANATOMY, SPLEEN

ABSENT = SegmentMasks(Segment(2, "Spleen", (1, 2, 3), ANATOMY, SPLEEN), {}, absent=True)


@pytest.fixture
def with_absent(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> tuple[SeriesSummary, list[SegmentMasks], Path]:
    """A series, a drawn segment with an absent one, and where to write."""
    summary, (liver, _), path = small
    path.parent.mkdir(exist_ok=True)
    return summary, [liver, ABSENT], path


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("empty_slices", [False, True])
def test_a_segmentation_describes_the_segment_and_other_readers_find_it_empty(
    with_absent: tuple[SeriesSummary, list[SegmentMasks], Path],
    kind: Kind,
    empty_slices: bool,
    dciodvfy: str,
) -> None:
    summary, segments, path = with_absent
    write_segmentation(summary, segments, path, kind=kind, write_empty_slices=empty_slices)
    if kind == "BINARY":  # which the validator knows
        assert_valid(path, dciodvfy)
    read = highdicom.seg.segread(path)
    assert [int(item.SegmentNumber) for item in read.SegmentSequence][-2:] == [1, 2]
    volume = read.get_volume(segment_numbers=[1, 2]).array
    assert volume[..., 0].any() and not volume[..., 1].any()
    liver, spleen = read_segmentation(path, summary)
    assert_same_masks(liver.masks, segments[0].masks)
    assert (spleen.segment.label, dict(spleen.masks)) == ("Spleen", {})


def test_no_frame_refers_to_the_segment_unless_empty_slices_are_asked_for(
    with_absent: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, segments, path = with_absent
    write_segmentation(summary, segments, path)
    frames = pydicom.dcmread(path).PerFrameFunctionalGroupsSequence
    numbers = [f.SegmentIdentificationSequence[0].ReferencedSegmentNumber for f in frames]
    assert set(numbers) == {1}
    write_segmentation(summary, segments, path, write_empty_slices=True)
    frames = pydicom.dcmread(path).PerFrameFunctionalGroupsSequence
    assert len(frames) == 2 * summary.slices


def test_a_segmentation_without_any_pixel_has_a_frame_for_every_slice(
    with_absent: tuple[SeriesSummary, list[SegmentMasks], Path], dciodvfy: str
) -> None:
    summary, (_, absent), path = with_absent
    write_segmentation(summary, [absent], path)
    assert_valid(path, dciodvfy)
    dataset = pydicom.dcmread(path)
    assert dataset.NumberOfFrames == summary.slices
    assert not dataset.pixel_array.any()
    (read,) = read_segmentation(path, summary)
    assert dict(read.masks) == {}


def test_dcmqi_reads_the_other_segment(
    with_absent: tuple[SeriesSummary, list[SegmentMasks], Path],
    tmp_path: Path,
    segimage2itkimage: str,
) -> None:
    summary, segments, path = with_absent
    write_segmentation(summary, segments, path)
    (tmp_path / "dcmqi").mkdir()
    volumes = volumes_by_dcmqi(path, tmp_path / "dcmqi", segimage2itkimage)
    values = np.concatenate([np.unique(np.asarray(one.dataobj)) for one in volumes])
    assert set(values.tolist()) <= {0, 1}


def test_a_structure_set_has_a_region_without_contours(
    with_absent: tuple[SeriesSummary, list[SegmentMasks], Path], dciodvfy: str
) -> None:
    summary, segments, path = with_absent
    write_structure_set(summary, segments, path)
    assert_valid(path, dciodvfy)
    assert "ContourSequence" not in pydicom.dcmread(path).ROIContourSequence[1]
    liver, spleen = read_structure_set(path, summary)
    assert liver.masks and not spleen.masks


def test_tables_and_label_maps_go_without(
    with_absent: tuple[SeriesSummary, list[SegmentMasks], Path], tmp_path: Path
) -> None:
    summary, segments, _ = with_absent
    write_measurements(summary, segments, tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        own = [row for row in csv.DictReader(file) if row["label"] == "Spleen"]
    assert [(row["slice"], row["pixels"]) for row in own] == [("all", "0")]
    (written,) = write_nifti(summary, segments, tmp_path / "masks.nii.gz")
    assert set(np.unique(np.asarray(load_nifti(written).dataobj)).tolist()) == {0, 1}
