"""Segmentations of series of any placement, read back by Slicewise and by other programs."""

from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from core.annotation.contributors import Contributors
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import (
    assert_same_masks,
    assert_valid,
    make_segments,
    masks_in_place,
    volumes_by_dcmqi,
)
from tests.support.synthetic_series import PLACEMENTS, Placement, write_enhanced, write_series

REAL_SERIES = ("totalseg_example_ct", "dcmqi_ct3slice", "nd320_study1_t1post")


def assert_round_trips(
    summary: SeriesSummary,
    folder: Path,
    dciodvfy: str,
    segimage2itkimage: str,
    *,
    overlap: bool = False,
) -> None:
    segments = make_segments(summary, overlap=overlap)
    path = folder / "seg.dcm"
    write_segmentation(
        summary, segments, path, people=Contributors(("Ann Example",)), weights="default"
    )
    assert_valid(path, dciodvfy)

    back = read_segmentation(path, summary)
    assert [one.segment for one in back] == [one.segment for one in segments]
    assert [one.algorithm for one in back] == ["MANUAL", "SEMIAUTOMATIC"]
    for one, other in zip(segments, back, strict=True):
        assert_same_masks(one.masks, other.masks)

    converted = volumes_by_dcmqi(path, folder, segimage2itkimage)
    for number, one in enumerate(segments, start=1):
        # Segments that could be merged share a file; then their numbers tell them apart.
        image = converted[number - 1] if len(converted) > 1 else converted[0]
        assert_same_masks(one.masks, masks_in_place(image, number, summary))

    assert_same_by_pydicom(path, segments, summary)


def assert_same_by_pydicom(
    path: Path, segments: list[SegmentMasks], summary: SeriesSummary
) -> None:
    """Compare pixels, positions and references frame by frame, without any reader of ours."""
    dataset = pydicom.dcmread(path)
    frames = dataset.pixel_array.reshape(-1, summary.rows, summary.columns)
    seen: dict[int, dict[int, np.ndarray]] = {1: {}, 2: {}}
    for frame, groups in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        position = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        (index,) = np.flatnonzero((summary.geometry.positions == position).all(axis=1))
        (source,) = groups.DerivationImageSequence[0].SourceImageSequence
        record = summary.records[index]
        assert source.ReferencedSOPInstanceUID == record.sop_instance_uid
        assert source.ReferencedSOPClassUID == record.sop_class_uid
        assert source.get("ReferencedFrameNumber") == record.frame
        seen[number][int(index)] = frame.astype(bool)
    for number, one in enumerate(segments, start=1):
        assert_same_masks(one.masks, seen[number])
    (referenced,) = dataset.ReferencedSeriesSequence
    assert referenced.SeriesInstanceUID == summary.series_instance_uid
    assert dataset.FrameOfReferenceUID == summary.frame_of_reference_uid
    assert dataset.StudyInstanceUID == summary.study_uid


@pytest.mark.parametrize("overlap", [False, True], ids=["apart", "overlapping"])
@pytest.mark.parametrize("name", REAL_SERIES)
def test_real_series_round_trip(
    shared_data: Path,
    tmp_path: Path,
    dciodvfy: str,
    segimage2itkimage: str,
    name: str,
    overlap: bool,
) -> None:
    (summary,) = find_series(shared_data / "dicom" / name)
    assert_round_trips(summary, tmp_path, dciodvfy, segimage2itkimage, overlap=overlap)


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda placement: placement.name)
def test_any_placement_round_trips(
    tmp_path: Path, dciodvfy: str, segimage2itkimage: str, placement: Placement
) -> None:
    write_series(tmp_path / "series", placement)
    (summary,) = find_series(tmp_path / "series")
    if placement.name == "tilted":
        # dcmqi sets the slices upright again: it gives the same pixels, not the same positions.
        segments = make_segments(summary)
        write_segmentation(summary, segments, tmp_path / "seg.dcm")
        assert_valid(tmp_path / "seg.dcm", dciodvfy)
        assert_same_by_pydicom(tmp_path / "seg.dcm", segments, summary)
        converted = volumes_by_dcmqi(tmp_path / "seg.dcm", tmp_path, segimage2itkimage)
        for number, image in enumerate(converted, start=1):
            voxels = np.asarray(image.dataobj).transpose(2, 1, 0) == number
            masks = {index: mask for index, mask in enumerate(voxels) if mask.any()}
            assert_same_masks(segments[number - 1].masks, masks)
    else:
        assert_round_trips(summary, tmp_path, dciodvfy, segimage2itkimage)


def test_enhanced_images_round_trip_by_frame(
    tmp_path: Path, dciodvfy: str, segimage2itkimage: str
) -> None:
    write_enhanced(tmp_path / "enhanced", PLACEMENTS[4])
    (summary,) = find_series(tmp_path / "enhanced")
    assert_round_trips(summary, tmp_path, dciodvfy, segimage2itkimage)


def test_one_volume_of_several_refers_to_its_own_frames(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "enhanced", PLACEMENTS[0], volumes=2)
    for number, summary in enumerate(find_series(tmp_path / "enhanced")):
        segments = make_segments(summary)
        path = tmp_path / f"{number}.dcm"
        write_segmentation(summary, segments, path)
        assert_same_by_pydicom(path, segments, summary)


@pytest.mark.parametrize("name", REAL_SERIES)
def test_highdicom_reads_the_masks_by_source_image(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    (summary,) = find_series(shared_data / "dicom" / name)
    segments = make_segments(summary)
    write_segmentation(summary, segments, tmp_path / "seg.dcm")
    read = highdicom.seg.segread(tmp_path / "seg.dcm")
    pixels = read.get_pixels_by_source_instance(
        [record.sop_instance_uid for record in summary.records],
        assert_missing_frames_are_empty=True,
    )
    for channel, one in enumerate(segments):
        for index in range(summary.slices):
            expected = one.masks.get(index, np.zeros((summary.rows, summary.columns), bool))
            assert np.array_equal(pixels[index, :, :, channel].astype(bool), expected)
