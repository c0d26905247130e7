"""Masks of slices in uneven steps: NIfTI on an even grid, written and read on request."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from core.dicom.errors import DicomError, NeedsResamplingError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.nifti_reading import read_nifti_with_cautions
from core.formats.nifti_writing import write_nifti
from tests.support.mask_round_trips import assert_same_masks, make_segments
from tests.support.nifti import load_nifti
from tests.support.synthetic_series import PLACEMENTS, Placement, write_images, write_series

UNEVEN = [0.0, 5.0, 6.0, 7.0, 12.0, 17.5, 20.25]
RESAMPLED = "The label map lies on another grid and was resampled"


@pytest.fixture(params=PLACEMENTS, ids=lambda placement: placement.name)
def gapped(request: pytest.FixtureRequest, tmp_path: Path) -> SeriesSummary:
    """A series of which two slices are missing."""
    write_series(tmp_path / "series", request.param, skip=(3, 4))
    return find_series(tmp_path / "series")[0]


@pytest.fixture
def uneven(tmp_path: Path) -> SeriesSummary:
    """Slices that lie densely in the middle."""
    places = [{"ImagePositionPatient": [0.0, 0.0, place]} for place in UNEVEN]
    write_images(tmp_path / "series", places)
    return find_series(tmp_path / "series")[0]


def test_uneven_slices_are_resampled_on_request_only(uneven: SeriesSummary, tmp_path: Path) -> None:
    path = tmp_path / "labels.nii.gz"
    with pytest.raises(NeedsResamplingError, match=r"1\.00 to 5\.50 mm apart.* resampled"):
        write_nifti(uneven, make_segments(uneven), path)
    write_nifti(uneven, make_segments(uneven), path, resample=True)
    with pytest.raises(NeedsResamplingError, match="can be resampled"):
        read_nifti_with_cautions(path, uneven)


def test_masks_come_back_from_the_even_grid(uneven: SeriesSummary, tmp_path: Path) -> None:
    segments = make_segments(uneven)
    (path,) = write_nifti(uneven, segments, tmp_path / "labels.nii.gz", resample=True)
    read = read_nifti_with_cautions(path, uneven, resample=True)
    assert len(read.cautions) == 1 and read.cautions[0].startswith(RESAMPLED)
    for one, other in zip(segments, read.segments, strict=True):
        assert_same_masks(one.masks, other.masks)


def test_missing_slices_stay_empty_planes(gapped: SeriesSummary, tmp_path: Path) -> None:
    segments = make_segments(gapped)
    (path,) = write_nifti(gapped, segments, tmp_path / "labels.nii.gz", resample=True)
    image = load_nifti(path)
    labels = np.asarray(image.dataobj)
    assert labels.shape == (40, 24, 9) and not labels[..., 3:5].any()
    kept = [0, 1, 2, 5, 6, 7, 8]
    for index, plane in enumerate(kept):
        for one in segments:
            mask = one.masks.get(index, np.zeros((24, 40), bool))
            assert np.array_equal(one.segment.number == labels[..., plane].T, mask)
        ras = image.affine @ [0, 0, plane, 1]
        expected = gapped.geometry.positions[index] * [-1, -1, 1]
        assert np.allclose(ras[:3], expected, atol=1e-3)


def test_each_plane_takes_the_nearest_slice(uneven: SeriesSummary, tmp_path: Path) -> None:
    segments = make_segments(uneven)[:1]
    (path,) = write_nifti(uneven, segments, tmp_path / "labels.nii", resample=True)
    image = load_nifti(path)
    assert image.shape[2] == 21 and np.allclose(image.header.get_zooms()[2], 1.0)
    labels = np.asarray(image.dataobj)
    for plane in range(21):
        index = int(np.argmin(np.abs(np.array(UNEVEN) - plane)))
        mask = segments[0].masks.get(index, np.zeros(labels.shape[1::-1], bool))
        assert np.array_equal(labels[..., plane].T > 0, mask), plane


def test_an_even_series_is_written_as_it_is(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[4])
    (summary,) = find_series(tmp_path / "series")
    (one,) = write_nifti(summary, make_segments(summary), tmp_path / "one.nii", resample=True)
    (other,) = write_nifti(summary, make_segments(summary), tmp_path / "other.nii")
    assert one.read_bytes() == other.read_bytes()


def test_a_grid_of_too_many_planes_is_refused(tmp_path: Path) -> None:
    places = [{"ImagePositionPatient": [0.0, 0.0, place]} for place in (0.0, 0.5, 20000.0)]
    write_images(tmp_path / "series", places)
    (summary,) = find_series(tmp_path / "series")
    with pytest.raises(DicomError, match="would need 40001 planes, which is too many"):
        write_nifti(summary, make_segments(summary), tmp_path / "labels.nii", resample=True)


def test_label_maps_on_another_grid_are_resampled_on_request(tmp_path: Path) -> None:
    write_series(tmp_path / "fine", Placement("fine", pixel_spacing=(0.5, 0.5), step=1.25))
    write_series(tmp_path / "coarse", Placement("coarse", pixel_spacing=(1.0, 1.0), step=2.5))
    (fine,), (coarse,) = find_series(tmp_path / "fine"), find_series(tmp_path / "coarse")
    segments = make_segments(fine)[:1]
    (path,) = write_nifti(fine, segments, tmp_path / "labels.nii.gz")
    with pytest.raises(NeedsResamplingError, match="another grid"):
        read_nifti_with_cautions(path, coarse)
    (found,) = read_nifti_with_cautions(path, coarse, resample=True).segments
    # Every pixel of the coarse series lies on a pixel of the fine one, or beyond the last.
    expected = {}
    for index in range(5):
        mask = np.zeros((24, 40), bool)
        if 2 * index in segments[0].masks:
            mask[:12, :20] = segments[0].masks[2 * index][::2, ::2]
        if mask.any():
            expected[index] = mask
    assert_same_masks(found.masks, expected)


def test_values_that_reach_no_pixel_are_told(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    (path,) = write_nifti(summary, make_segments(summary), tmp_path / "labels.nii")
    image = load_nifti(path)
    labels = np.asarray(image.dataobj).copy()
    labels[-1, -1, 0] = 9
    moved = image.affine.copy()
    moved[:3, 3] -= image.affine[:3, 2]
    nib.save(nib.Nifti1Image(labels, moved), path)
    read = read_nifti_with_cautions(path, summary, resample=True)
    assert read.cautions[1] == "Nothing of these values is on the slices: 9."


def test_a_series_without_positions_gives_a_file_without_positions(tmp_path: Path) -> None:
    write_images(tmp_path / "series", [{"ImagePositionPatient": None}] * 3)
    summary = find_series(tmp_path / "series")[0]
    assert not summary.geometry.in_patient
    segments = make_segments(summary)
    (path,) = write_nifti(summary, segments, tmp_path / "labels.nii.gz")
    header = load_nifti(path).header
    assert int(header["sform_code"]) == int(header["qform_code"]) == 0
    read = read_nifti_with_cautions(path, summary)
    assert read.cautions == (
        "The series does not say where its slices lie; voxels are taken in order.",
    )
    for one, other in zip(segments, read.segments, strict=True):
        assert_same_masks(one.masks, other.masks)
