"""The size of a pixel, from each of the attributes that may tell it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
)

from core.dicom.reading import find_series, read_series
from core.dicom.spacing import pixel_spacing
from tests.support.synthetic_series import write_images

UNPLACED = {
    "ImagePositionPatient": None,
    "ImageOrientationPatient": None,
    "PixelSpacing": None,
    "FrameOfReferenceUID": None,
}


def dataset(**attributes: Any) -> Dataset:
    result = Dataset()
    for keyword, value in attributes.items():
        setattr(result, keyword, value)
    return result


def region(corners: Sequence[int], delta: Sequence[float], unit: int = 3) -> Dataset:
    names = ("MinX0", "MinY0", "MaxX1", "MaxY1")
    return dataset(
        **{f"RegionLocation{name}": value for name, value in zip(names, corners, strict=True)},
        RegionSpatialFormat=1,
        PhysicalUnitsXDirection=unit,
        PhysicalUnitsYDirection=unit,
        PhysicalDeltaX=delta[0],
        PhysicalDeltaY=delta[1],
    )


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, (None, "none")),
        ({"PixelSpacing": [0.5, 0.7]}, ((0.5, 0.7), "patient")),
        ({"PixelSpacing": [0.4, 0.4], "ImagerPixelSpacing": [0.5, 0.5]}, ((0.4, 0.4), "patient")),
        ({"PixelSpacing": [0.5, 0.5], "ImagerPixelSpacing": [0.5, 0.5]}, ((0.5, 0.5), "detector")),
        ({"ImagerPixelSpacing": [0.07, 0.07]}, ((0.07, 0.07), "detector")),
        (
            {
                "ImagerPixelSpacing": [0.1, 0.1],
                "EstimatedRadiographicMagnificationFactor": "1.25",
            },
            ((0.08, 0.08), "magnified"),
        ),
        ({"NominalScannedPixelSpacing": [0.2, 0.2]}, ((0.2, 0.2), "scanned")),
        ({"PixelSpacing": [0, 0]}, (None, "none")),
    ],
)
def test_spacing_comes_from_the_attribute_nearest_to_the_patient(
    attributes: Any, expected: tuple[None, str] | tuple[tuple[float, float], str]
) -> None:
    assert pixel_spacing(dataset(**attributes)) == expected


def test_an_ultrasound_image_is_calibrated_by_its_regions(tmp_path: Path) -> None:
    changes = {
        **UNPLACED,
        "SOPClassUID": UltrasoundImageStorage,
        "Modality": "US",
        "SequenceOfUltrasoundRegions": [
            region((0, 0, 27, 15), (0.02, 0.025)),
            region((0, 16, 27, 19), (0.001, 0.1), unit=4),  # a trace over time: seconds
        ],
    }
    write_images(tmp_path, [changes])
    (summary,) = find_series(tmp_path)
    assert summary.pixel_spacing == pytest.approx((0.25, 0.2))
    assert summary.geometry.has_pixel_size and not summary.geometry.in_patient
    assert not any("how large a pixel" in problem for problem in summary.problems)
    assert any("names the patient" in problem for problem in summary.problems)


def test_the_largest_of_regions_that_disagree_counts_and_that_is_told(tmp_path: Path) -> None:
    regions = [region((0, 0, 9, 9), (0.01, 0.01)), region((10, 0, 27, 19), (0.02, 0.02))]
    changes = {**UNPLACED, "Modality": "US", "SequenceOfUltrasoundRegions": regions}
    write_images(tmp_path, [changes])
    (summary,) = find_series(tmp_path)
    assert summary.pixel_spacing == pytest.approx((0.2, 0.2))
    assert any("regions of different scale" in problem for problem in summary.problems)


def test_a_real_ultrasound_image_without_calibration_says_so(shared_data: Path) -> None:
    (summary,) = find_series(shared_data / "dicom" / "odd" / "US1_UNCI.dcm")
    assert not summary.geometry.has_pixel_size
    assert any("how large a pixel" in problem for problem in summary.problems)


def test_a_secondary_capture_has_the_size_of_its_film(tmp_path: Path) -> None:
    changes = {
        **UNPLACED,
        "SOPClassUID": SecondaryCaptureImageStorage,
        "NominalScannedPixelSpacing": [0.3, 0.3],
    }
    write_images(tmp_path, [changes])
    (summary,) = find_series(tmp_path)
    assert summary.pixel_spacing == (0.3, 0.3)
    assert any("film" in problem for problem in summary.problems)


def test_the_views_of_a_mammogram_are_listed_each(tmp_path: Path) -> None:
    views = [("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO")]
    mammogram = {
        **UNPLACED,
        "SOPClassUID": DigitalMammographyXRayImageStorageForPresentation,
        "Modality": "MG",
        "ImagerPixelSpacing": [0.07, 0.07],
        "PhotometricInterpretation": "MONOCHROME1",
    }
    write_images(
        tmp_path,
        [{**mammogram, "ImageLaterality": side, "ViewPosition": view} for side, view in views],
    )
    summaries = find_series(tmp_path)
    assert sorted(summary.series_description for summary in summaries) == [
        "Synthetic (L CC)",
        "Synthetic (L MLO)",
        "Synthetic (R CC)",
        "Synthetic (R MLO)",
    ]
    for summary in summaries:
        assert summary.slices == 1 and summary.inverted and read_series(summary).inverted
        assert any("at the detector" in problem for problem in summary.problems)
