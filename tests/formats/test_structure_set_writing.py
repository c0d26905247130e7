from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from matplotlib.path import Path as Polygon
from pydicom import Dataset

from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.structure_set_writing import write_structure_set
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import assert_same_masks, assert_valid, make_segments
from tests.support.segments import ANATOMY
from tests.support.synthetic_series import PLACEMENTS, Placement, write_enhanced, write_series


def masks_by_matplotlib(
    dataset: Dataset, number: int, summary: SeriesSummary
) -> dict[int, np.ndarray]:
    """Masks by slice index, from the contours alone: pixels whose centres lie inside."""
    rows, columns = np.mgrid[: summary.rows, : summary.columns]
    (contours,) = (
        one.ContourSequence
        for one in dataset.ROIContourSequence
        if one.ReferencedROINumber == number
    )
    to_voxel = np.linalg.inv(summary.geometry.affine)
    found: dict[int, np.ndarray] = {}
    for contour in contours:
        assert contour.ContourGeometricType == "CLOSED_PLANAR"
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        assert len(points) == contour.NumberOfContourPoints
        (reference,) = contour.ContourImageSequence
        (index,) = (
            place
            for place, record in enumerate(summary.records)
            if (record.sop_instance_uid, record.frame)
            == (reference.ReferencedSOPInstanceUID, reference.get("ReferencedFrameNumber"))
        )
        voxels = np.c_[points, np.ones(len(points))] @ to_voxel.T
        assert np.allclose(voxels[:, 2], index, atol=1e-4)
        # Corners lie on multiples of half a pixel.
        corners = np.rint(voxels[:, :2] * 2) / 2
        assert np.allclose(voxels[:, :2], corners, atol=1e-4)
        polygon = Polygon(np.r_[corners, corners[:1]], closed=True)
        inside = polygon.contains_points(np.c_[columns.ravel(), rows.ravel()])
        mask = found.setdefault(index, np.zeros((summary.rows, summary.columns), bool))
        mask ^= inside.reshape(mask.shape)
    return found


def blob_segments(summary: SeriesSummary) -> list[SegmentMasks]:
    """Segments as people draw them, with a hole: noise on large images has countless contours."""
    rows, columns = np.ogrid[: summary.rows, : summary.columns]
    distance = np.hypot(rows - summary.rows / 2, columns - summary.columns / 3)
    ring = (distance < summary.rows / 4) & ~(distance < summary.rows / 8)
    return [replace(one, masks=dict.fromkeys(one.masks, ring)) for one in make_segments(summary)]


def assert_round_trips(
    summary: SeriesSummary, path: Path, dciodvfy: str, segments: list[SegmentMasks] | None = None
) -> Any:
    segments = segments or make_segments(summary, overlap=True)
    write_structure_set(summary, segments, path)
    assert_valid(path, dciodvfy)
    dataset = pydicom.dcmread(path)
    for number, one in enumerate(segments, start=1):
        assert_same_masks(one.masks, masks_by_matplotlib(dataset, number, summary))
    return dataset


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda placement: placement.name)
def test_contours_enclose_exactly_the_pixels_of_any_placement(
    tmp_path: Path, dciodvfy: str, placement: Placement
) -> None:
    write_series(tmp_path / "series", placement)
    (summary,) = find_series(tmp_path / "series")
    assert_round_trips(summary, tmp_path / "contours.dcm", dciodvfy)


def test_real_series_are_referred_to_by_study_series_and_image(
    shared_data: Path, tmp_path: Path, dciodvfy: str
) -> None:
    (summary,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    dataset = assert_round_trips(
        summary, tmp_path / "contours.dcm", dciodvfy, blob_segments(summary)
    )
    (frame,) = dataset.ReferencedFrameOfReferenceSequence
    assert frame.FrameOfReferenceUID == summary.frame_of_reference_uid
    (study,) = frame.RTReferencedStudySequence
    assert study.ReferencedSOPInstanceUID == summary.study_uid
    (series,) = study.RTReferencedSeriesSequence
    assert series.SeriesInstanceUID == summary.series_instance_uid
    referenced = [one.ReferencedSOPInstanceUID for one in series.ContourImageSequence]
    assert referenced == [record.sop_instance_uid for record in summary.records]
    assert dataset.PatientID == summary.patient_id


def test_frames_of_enhanced_images_are_referred_to_by_number(tmp_path: Path, dciodvfy: str) -> None:
    write_enhanced(tmp_path / "enhanced", PLACEMENTS[4])
    (summary,) = find_series(tmp_path / "enhanced")
    assert_round_trips(summary, tmp_path / "contours.dcm", dciodvfy)


def test_regions_carry_name_colour_type_and_how_they_came_about(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    segments = make_segments(summary)
    write_structure_set(summary, segments, tmp_path / "1.dcm")
    write_structure_set(summary, segments, tmp_path / "2.dcm", instance_number=2)
    first, second = (pydicom.dcmread(tmp_path / name) for name in ("1.dcm", "2.dcm"))
    names = [(one.ROINumber, one.ROIName) for one in first.StructureSetROISequence]
    assert names == [(1, "Liver"), (2, "Spleen Größe")]
    assert [one.ROIGenerationAlgorithm for one in first.StructureSetROISequence] == [
        "MANUAL",
        "SEMIAUTOMATIC",
    ]
    colors = [tuple(one.ROIDisplayColor) for one in first.ROIContourSequence]
    assert colors == [one.segment.color for one in segments]
    observation = first.RTROIObservationsSequence[1]
    assert observation.RTROIIdentificationCodeSequence[0].CodeValue == "78961009"
    assert observation.SegmentedPropertyCategoryCodeSequence[0].CodeValue == ANATOMY.value
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert (first.SeriesNumber, second.InstanceNumber) == (2004, 2)


def test_images_without_a_place_are_refused_with_a_way_out(
    shared_data: Path, tmp_path: Path
) -> None:
    (summary,) = find_series(shared_data / "dicom" / "odd" / "US1_UNCR.dcm")
    with pytest.raises(DicomError, match="export a DICOM segmentation instead"):
        write_structure_set(summary, make_segments(summary), tmp_path / "contours.dcm")
    assert list(tmp_path.iterdir()) == []
