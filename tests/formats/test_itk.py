"""What ITK makes of exports: of NIfTI directly, of DICOM segmentations by way of dcmqi."""

import subprocess
from pathlib import Path
from typing import Any

import itk
import numpy as np
import pytest

from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.nifti_writing import write_nifti
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import make_segments
from tests.support.synthetic_series import PLACEMENTS, write_series


@pytest.fixture(params=PLACEMENTS, ids=lambda placement: placement.name)
def summary(request: pytest.FixtureRequest, tmp_path: Path) -> SeriesSummary:
    write_series(tmp_path / "series", request.param)
    return find_series(tmp_path / "series")[0]


def placed(image: Any) -> np.ndarray:
    """Matrix from (column, row, slice) to LPS in mm, as ITK understands an image."""
    matrix = np.eye(4)
    matrix[:3, :3] = itk.array_from_matrix(image.GetDirection()) * np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    return matrix


def label_map(segments: list[SegmentMasks], summary: SeriesSummary) -> np.ndarray:
    labels = np.zeros((summary.slices, summary.rows, summary.columns), np.uint8)
    for one in segments:
        for index, mask in one.masks.items():
            labels[index][mask] = one.segment.number
    return labels


def test_nifti_lies_where_the_images_do(summary: SeriesSummary, tmp_path: Path) -> None:
    segments = make_segments(summary)
    (path,) = write_nifti(summary, segments, tmp_path / "labels.nii.gz")
    if summary.geometry.tilt > 1:
        # ITK knows no sheared grids, and says so instead of straightening them.
        with pytest.raises(RuntimeError, match="orthonormal"):
            itk.imread(path)
        return
    image = itk.imread(path)
    assert np.array_equal(itk.array_from_image(image), label_map(segments, summary))
    assert np.allclose(placed(image), summary.geometry.affine, atol=1e-4)


def test_segmentations_come_through_dcmqi_bit_for_bit(
    summary: SeriesSummary, tmp_path: Path, segimage2itkimage: str
) -> None:
    segments = make_segments(summary)
    write_segmentation(summary, segments, tmp_path / "seg.dcm")
    subprocess.run(
        [
            segimage2itkimage,
            *("--inputDICOM", tmp_path / "seg.dcm", "--outputDirectory", tmp_path),
            *("--outputType", "nrrd", "--prefix", "out", "--mergeSegments"),
        ],
        check=True,
        capture_output=True,
    )
    images = [itk.imread(path) for path in sorted(tmp_path.glob("out*.nrrd"))]
    found = np.sum([itk.array_from_image(image) for image in images], axis=0)
    assert np.array_equal(found, label_map(segments, summary))
    expected = summary.geometry.affine
    if summary.geometry.tilt > 1:
        # dcmqi sets the slices upright: the same pixels, every slice at the place of the first.
        expected = expected.copy()
        expected[:3, 2] = summary.geometry.normal * summary.slice_spacing
    for image in images:
        assert np.allclose(placed(image), expected, atol=1e-4)
