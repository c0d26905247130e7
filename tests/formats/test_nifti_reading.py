import contextlib
import gzip
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.nifti_reading import read_nifti
from core.formats.nifti_writing import write_nifti
from tests.support.declared_counts import write_nifti_bomb, write_nifti_extension_bomb
from tests.support.file_mutations import MUTATIONS
from tests.support.mask_round_trips import assert_same_masks, make_segments
from tests.support.nifti import load_nifti
from tests.support.synthetic_series import PLACEMENTS, Placement, write_series


@pytest.fixture(params=PLACEMENTS, ids=lambda placement: placement.name)
def summary(request: pytest.FixtureRequest, tmp_path: Path) -> SeriesSummary:
    write_series(tmp_path / "series", request.param)
    return find_series(tmp_path / "series")[0]


@pytest.fixture
def axial(tmp_path: Path) -> SeriesSummary:
    write_series(tmp_path / "series", PLACEMENTS[0])
    return find_series(tmp_path / "series")[0]


def test_what_was_written_is_read_back(summary: SeriesSummary, tmp_path: Path) -> None:
    segments = make_segments(summary)
    (path,) = write_nifti(summary, segments, tmp_path / "labels.nii.gz")
    for one, other in zip(segments, read_nifti(path, summary), strict=True):
        assert_same_masks(one.masks, other.masks)
        assert other.segment.label == one.segment.label
    # The list of anatomy knows the liver, and nothing by the other name.
    assert read_nifti(path, summary)[0].segment.type.value == "10200004"


@pytest.mark.parametrize("axes", ["RAS", "LPS", "ASR", "ILA", "PIR"])
def test_axes_may_run_in_any_order_and_direction(
    summary: SeriesSummary, tmp_path: Path, axes: str
) -> None:
    segments = make_segments(summary)
    (path,) = write_nifti(summary, segments, tmp_path / "labels.nii.gz")
    image = load_nifti(path)
    wanted = nib.orientations.axcodes2ornt(axes)
    turn = nib.orientations.ornt_transform(nib.io_orientation(image.affine), wanted)
    nib.save(image.as_reoriented(turn), tmp_path / "turned.nii")
    for one, other in zip(segments, read_nifti(tmp_path / "turned.nii", summary), strict=True):
        assert_same_masks(one.masks, other.masks)


def changed(path: Path, *, voxels: Any = None, affine: Any = None) -> None:
    image = load_nifti(path)
    voxels = np.asarray(image.dataobj) if voxels is None else voxels
    nib.save(nib.Nifti1Image(voxels, image.affine if affine is None else affine), path)


def refused(path: Path, summary: SeriesSummary, message: str) -> None:
    with pytest.raises(DicomError, match=message):
        read_nifti(path, summary)


def test_other_grids_and_other_contents_are_refused(axial: SeriesSummary, tmp_path: Path) -> None:
    segments = make_segments(axial)
    (path,) = write_nifti(axial, segments, tmp_path / "labels.nii")
    image = load_nifti(path)
    voxels, affine = np.asarray(image.dataobj).copy(), image.affine.copy()
    shifted = affine.copy()
    shifted[0, 3] += 2
    for wrong in (shifted, affine @ np.diag([2, 1, 1, 1]), np.eye(4)):
        changed(path, affine=wrong)
        refused(path, axial, "another grid")
    changed(path, voxels=voxels[:-1], affine=affine)
    refused(path, axial, "another grid")
    changed(path, voxels=np.zeros_like(voxels), affine=affine)
    refused(path, axial, "marks no voxel")
    changed(path, voxels=voxels.astype(np.float32) / 2)
    refused(path, axial, "fractions")
    changed(path, voxels=-voxels.astype(np.int16))
    refused(path, axial, "not a label map")
    path.write_bytes(b"nothing of the kind")
    refused(path, axial, "not a NIfTI file")
    refused(tmp_path / "missing.nii", axial, "cannot be opened|not a NIfTI|damaged")


def test_cut_files_are_refused(axial: SeriesSummary, tmp_path: Path) -> None:
    (path,) = write_nifti(axial, make_segments(axial), tmp_path / "labels.nii.gz")
    whole = path.read_bytes()
    plain = gzip.decompress(whole)
    for share in (0.05, 0.3, 0.6, 0.95):
        path.write_bytes(whole[: int(len(whole) * share)])
        refused(path, axial, "damaged")
        cut = tmp_path / "cut.nii"
        cut.write_bytes(plain[: int(len(plain) * share)])
        refused(cut, axial, "damaged")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_mutants_are_read_or_refused(
    axial: SeriesSummary, tmp_path: Path, mutation: Any, ending: str
) -> None:
    (path,) = write_nifti(axial, make_segments(axial), tmp_path / f"labels{ending}")
    content = path.read_bytes()
    for seed in range(40):
        # Nearly all mutations hit the header: that is where the interesting bytes are.
        share = len(content) if seed % 4 == 0 else 400
        path.write_bytes(mutation(content[:share], np.random.default_rng(seed)) + content[share:])
        with contextlib.suppress(DicomError):
            read_nifti(path, axial)


def test_a_single_slice_fits_whatever_its_thickness(tmp_path: Path) -> None:
    write_series(tmp_path / "series", Placement("single"), slices=1)
    (summary,) = find_series(tmp_path / "series")
    (path,) = write_nifti(summary, make_segments(summary), tmp_path / "labels.nii")
    image = load_nifti(path)
    changed(path, affine=image.affine @ np.diag([1, 1, 3, 1]))
    assert list(read_nifti(path, summary)[0].masks) == [0]


@pytest.mark.parametrize("kind", [np.complex64, [("R", "u1"), ("G", "u1"), ("B", "u1")]])
def test_colours_and_complex_numbers_are_no_labels(
    axial: SeriesSummary, tmp_path: Path, kind: Any
) -> None:
    (path,) = write_nifti(axial, make_segments(axial), tmp_path / "labels.nii")
    image = load_nifti(path)
    nib.save(nib.Nifti1Image(np.zeros(image.shape, kind), image.affine), path)
    refused(path, axial, "colours or complex numbers")


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_more_voxels_than_the_file_can_hold_are_refused(
    axial: SeriesSummary, tmp_path: Path, ending: str
) -> None:
    write_nifti_bomb(tmp_path / f"labels{ending}")
    refused(tmp_path / f"labels{ending}", axial, "states 400000000000 voxels and holds")


def test_an_extension_longer_than_the_header_leaves_room_for_is_refused(
    axial: SeriesSummary, tmp_path: Path
) -> None:
    write_nifti_extension_bomb(tmp_path / "labels.nii.gz")
    refused(tmp_path / "labels.nii.gz", axial, "extensions without an end")


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
def test_whole_numbers_of_every_kind_are_labels(
    axial: SeriesSummary, tmp_path: Path, kind: Any
) -> None:
    segments = make_segments(axial)
    (path,) = write_nifti(axial, segments, tmp_path / "labels.nii")
    voxels = np.asarray(load_nifti(path).dataobj)
    changed(path, voxels=voxels.astype(kind))
    for one, other in zip(segments, read_nifti(path, axial), strict=True):
        assert_same_masks(one.masks, other.masks)
