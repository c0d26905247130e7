"""Segmentations of other programs and of other series, read onto a series."""

import dataclasses
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from core.dicom.errors import DicomError, NeedsConsentError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import (
    read_segmentation,
    read_segmentation_frames,
    read_segmentation_with_cautions,
)
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import assert_same_masks, make_segments, written
from tests.support.segments import ANATOMY, LIVER
from tests.support.synthetic_series import PLACEMENTS, Placement, write_enhanced, write_series


def nrrd_voxels(path: Path) -> np.ndarray:
    """Voxels [slice, row, column] of an attached, gzipped NRRD file of shorts."""
    header, data = path.read_bytes().split(b"\n\n", 1)
    fields = dict(line.split(": ", 1) for line in header.decode().splitlines() if ": " in line)
    assert fields["encoding"] == "gzip" and fields["type"] == "short"
    columns, rows, slices = map(int, fields["sizes"].split())
    return np.frombuffer(gzip.decompress(data), "<i2").reshape(slices, rows, columns)


@pytest.mark.parametrize(
    ("name", "truths"),
    [
        ("liver.dcm", {1: ("liver_seg.nrrd", 1)}),
        (
            "partial_overlaps.dcm",
            {
                1: ("partial_overlaps-1.nrrd", 1),
                2: ("partial_overlaps-2.nrrd", 2),
                3: ("partial_overlaps-3.nrrd", 3),
            },
        ),
    ],
)
def test_segmentations_by_dcmqi_equal_the_volumes_they_were_made_from(
    shared_data: Path, name: str, truths: dict[int, tuple[str, int]]
) -> None:
    folder = shared_data / "dicom" / "dcmqi_seg"
    (summary,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    by_number = {one.segment.number: one for one in read_segmentation(folder / name, summary)}
    for number, (truth, value) in truths.items():
        voxels = nrrd_voxels(folder / truth) == value
        expected = {index: mask for index, mask in enumerate(voxels) if mask.any()}
        assert_same_masks(by_number[number].masks, expected)


def test_foreign_codes_colours_and_algorithms_are_understood(shared_data: Path) -> None:
    (summary,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    (liver,) = read_segmentation(shared_data / "dicom" / "dcmqi_seg" / "liver.dcm", summary)
    # The file says T-62000 in SNOMED RT, and a colour in CIELab.
    assert liver.segment.type == LIVER
    assert liver.segment.color == (221, 130, 101)
    assert (liver.algorithm, liver.algorithm_name) == ("SEMIAUTOMATIC", "SlicerEditor")


def test_overlapping_segments_are_not_exclusive(shared_data: Path) -> None:
    (summary,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    read = read_segmentation(shared_data / "dicom" / "dcmqi_seg" / "partial_overlaps.dcm", summary)
    assert [one.segment.exclusive for one in read] == [False, False, False, True, True]


def changed(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], change: Callable[[Any], None]
) -> Path:
    """A written segmentation with something changed in it."""
    dataset = written(small)
    change(dataset)
    dataset.save_as(small[2])
    return small[2]


def test_fractional_segmentations_are_cut_at_a_threshold(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, segments, path = small

    def make_fractional(dataset: Dataset) -> None:
        masks = dataset.pixel_array
        dataset.SegmentationType = "FRACTIONAL"
        dataset.SegmentationFractionalType = "PROBABILITY"
        dataset.MaximumFractionalValue = 200
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        dataset.PixelData = np.where(masks, 120, 90).astype(np.uint8).tobytes()

    changed(small, make_fractional)
    assert_same_masks(read_segmentation(path, summary)[0].masks, segments[0].masks)
    everywhere = read_segmentation(path, summary, threshold=0.4)
    assert all(mask.all() for mask in everywhere[0].masks.values())


def test_label_maps_are_split_into_their_segments(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    labels = np.zeros((summary.slices, summary.rows, summary.columns), np.uint8)
    for one in segments:
        for index, mask in one.masks.items():
            labels[index][mask] = one.segment.number
    highdicom.seg.Segmentation(
        source_images=sorted(
            (pydicom.dcmread(file) for file in summary.files),
            key=lambda image: float(image.ImagePositionPatient[2]),
        ),
        pixel_array=labels,
        segmentation_type="LABELMAP",
        segment_descriptions=[
            highdicom.seg.SegmentDescription(
                one.segment.number,
                one.segment.label,
                highdicom.sr.CodedConcept(*dataclasses.astuple(ANATOMY)),
                highdicom.sr.CodedConcept(*dataclasses.astuple(LIVER)),
                "MANUAL",
            )
            for one in segments
        ],
        series_instance_uid=highdicom.UID(),
        series_number=7,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="Someone",
        manufacturer_model_name="Else",
        software_versions="1",
        device_serial_number="1",
    ).save_as(path)
    for one, other in zip(segments, read_segmentation(path, summary), strict=True):
        assert_same_masks(one.masks, other.masks)


def test_frames_without_position_are_placed_by_the_image_they_refer_to(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, segments, path = small

    def drop_positions(dataset: Dataset) -> None:
        for groups in dataset.PerFrameFunctionalGroupsSequence:
            del groups.PlanePositionSequence

    changed(small, drop_positions)
    assert_same_masks(read_segmentation(path, summary)[1].masks, segments[1].masks)


def test_frames_that_name_images_of_another_stack_are_left_out(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, segments, path = small

    def rename_first_image(dataset: Dataset) -> None:
        (derivation,) = dataset.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence
        derivation.SourceImageSequence[0].ReferencedSOPInstanceUID = "1.2.3"

    changed(small, rename_first_image)
    read = read_segmentation_with_cautions(path, summary)
    before = sum(len(one.masks) for one in segments)
    assert sum(len(one.masks) for one in read.segments) == before - 1
    assert read.cautions[0].startswith(f"1 of the {before} frames name images that are not among")


def test_a_frame_derived_from_several_images_belongs_to_the_stack_of_any(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, segments, path = small

    def add_images(dataset: Dataset) -> None:
        for group in dataset.PerFrameFunctionalGroupsSequence:
            (derivation,) = group.DerivationImageSequence
            other = pydicom.Dataset()
            other.ReferencedSOPClassUID = summary.records[0].sop_class_uid
            other.ReferencedSOPInstanceUID = "1.2.3"
            derivation.SourceImageSequence.insert(0, other)

    changed(small, add_images)
    read = read_segmentation_with_cautions(path, summary)
    assert read.cautions == ()
    assert_same_masks(read.segments[0].masks, segments[0].masks)


def test_frames_of_an_enhanced_image_belong_to_the_phase_that_they_name(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "series.dcm", PLACEMENTS[0], volumes=2)
    first, second = find_series(tmp_path / "series.dcm")
    segment = make_segments(second)[:1]
    write_segmentation(second, segment, tmp_path / "second.dcm")
    assert_same_masks(read_segmentation(tmp_path / "second.dcm", second)[0].masks, segment[0].masks)
    with pytest.raises(NeedsConsentError, match="such as another phase"):
        read_segmentation(tmp_path / "second.dcm", first)


def test_segmentations_that_do_not_fit_say_why(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], tmp_path: Path, shared_data: Path
) -> None:
    summary, _, path = small
    write_series(tmp_path / "other", PLACEMENTS[0], rows=32, seed=5)
    (other,) = find_series(tmp_path / "other")
    written(small)
    with pytest.raises(DicomError, match="belongs to another series"):
        read_segmentation(path, other)
    with pytest.raises(DicomError, match="is not a DICOM file"):
        read_segmentation(Path(__file__), summary)
    with pytest.raises(DicomError, match="not a segmentation but: CT Image Storage"):
        read_segmentation(summary.files[0], summary)
    with pytest.raises(DicomError, match="cannot be opened"):
        read_segmentation(tmp_path / "nowhere.dcm", summary)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(DicomError, match="cut short"):
        read_segmentation(path, summary)
    path.write_bytes(whole[:2000])
    with pytest.raises(DicomError, match=r"cut short|damaged"):
        read_segmentation(path, summary)


def test_a_segmentation_on_other_planes_says_so(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary = small[0]

    def shift(dataset: Dataset) -> None:
        for groups in dataset.PerFrameFunctionalGroupsSequence:
            x, y, z = groups.PlanePositionSequence[0].ImagePositionPatient
            groups.PlanePositionSequence[0].ImagePositionPatient = [x, y, z + 1.1]

    with pytest.raises(DicomError, match="no slice"):
        read_segmentation(changed(small, shift), summary)

    def turn(dataset: Dataset) -> None:
        shared = dataset.SharedFunctionalGroupsSequence[0]
        shared.PlaneOrientationSequence[0].ImageOrientationPatient = [0, 1, 0, 0, 0, -1]

    with pytest.raises(DicomError, match="another orientation"):
        read_segmentation(changed(small, turn), summary)

    def resample(dataset: Dataset) -> None:
        shared = dataset.SharedFunctionalGroupsSequence[0]
        shared.PixelMeasuresSequence[0].PixelSpacing = [1, 1]

    with pytest.raises(DicomError, match="another size"):
        read_segmentation(changed(small, resample), summary)


def test_a_series_in_the_same_frame_of_reference_needs_consent(
    tmp_path: Path, small: tuple[SeriesSummary, list[SegmentMasks], Path]
) -> None:
    _, segments, path = small
    first = written(small)
    frame_of_reference = first.FrameOfReferenceUID
    write_series(
        tmp_path / "later", PLACEMENTS[0], rows=32, seed=6, FrameOfReferenceUID=frame_of_reference
    )
    (later,) = find_series(tmp_path / "later")
    with pytest.raises(DicomError, match="same frame of reference"):
        read_segmentation(path, later)
    read = read_segmentation(path, later, allow_same_frame=True)
    assert_same_masks(read[0].masks, segments[0].masks)


@pytest.fixture
def coarse_copy(tmp_path: Path, shared_data: Path) -> SeriesSummary:
    """A real CT in the same frame of reference as another series: every second pixel, shifted."""
    for path in (shared_data / "dicom" / "dcmqi_ct3slice").iterdir():
        image = pydicom.dcmread(path)
        image.PixelData = np.ascontiguousarray(image.pixel_array[::2, ::2]).tobytes()
        image.Rows, image.Columns = image.Rows // 2, image.Columns // 2
        image.PixelSpacing = [2 * spacing for spacing in image.PixelSpacing]
        image.SeriesInstanceUID = "2.25.1"
        image.SOPInstanceUID += ".1"
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x, y, float(z) + 0.2]
        image.save_as(tmp_path / path.name)
    return find_series(tmp_path)[0]


def test_a_segmentation_by_dcmqi_seeds_a_coarser_series_of_the_same_patient(
    shared_data: Path, coarse_copy: SeriesSummary
) -> None:
    path = shared_data / "dicom" / "dcmqi_seg" / "liver.dcm"
    (original,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    (fine,) = read_segmentation(path, original)
    with pytest.raises(NeedsConsentError, match="same frame of reference"):
        read_segmentation(path, coarse_copy)
    (coarse,) = read_segmentation(path, coarse_copy, allow_same_frame=True)
    assert coarse.segment == fine.segment and coarse.masks.keys() == fine.masks.keys()
    for index, mask in fine.masks.items():
        assert np.array_equal(coarse.masks[index], mask[::2, ::2])


def test_a_segmentation_elsewhere_in_the_patient_says_that_it_marks_nothing(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], tmp_path: Path
) -> None:
    summary, _, path = small
    written(small)
    write_series(
        tmp_path / "far",
        Placement("far", step=2.0, origin=(5000.0, 0.0, 0.0)),
        rows=20,
        seed=7,
        FrameOfReferenceUID=summary.frame_of_reference_uid,
    )
    (far,) = find_series(tmp_path / "far")
    with pytest.raises(DicomError, match="marks nothing within the slices"):
        read_segmentation(path, far, allow_same_frame=True)


def test_a_segmentation_on_planes_that_are_not_parallel_is_refused_even_with_consent(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], tmp_path: Path
) -> None:
    summary, _, path = small
    written(small)
    write_series(
        tmp_path / "sagittal",
        PLACEMENTS[2],
        seed=8,
        FrameOfReferenceUID=summary.frame_of_reference_uid,
    )
    (sagittal,) = find_series(tmp_path / "sagittal")
    with pytest.raises(DicomError, match="not parallel to the slices"):
        read_segmentation(path, sagittal, allow_same_frame=True)


def test_stored_frames_can_be_read_without_a_series(shared_data: Path) -> None:
    path = shared_data / "dicom" / "dcmqi_seg" / "liver.dcm"
    assert np.array_equal(read_segmentation_frames(path), pydicom.dcmread(path).pixel_array)
