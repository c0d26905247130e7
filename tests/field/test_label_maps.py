"""NIfTI of series that it cannot hold, and label maps that do not say where they lie."""

from collections.abc import Callable, Mapping
from pathlib import Path

import itk
import numpy as np
import pytest

from core.__main__ import main
from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.reading import read_masks, read_masks_with_cautions
from tests.support.mask_round_trips import assert_same_masks

UNEVEN = [
    ("seg_08_missing_slice_nifti", "ct22", "seg22.dcm"),
    ("seg_08_missing_slice_nifti", "ct", "seg.dcm"),
    ("read_13_missing_slices_nifti", "input", "drawn.dcm"),
    ("seg_02_nonuniform_z", "ct_thin_region", "own_rt.dcm"),
]


@pytest.mark.parametrize(("case", "series", "file"), UNEVEN)
def test_convert_resamples_uneven_slices_on_request(
    field_case: Callable[[str], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    case: str,
    series: str,
    file: str,
) -> None:
    folder = field_case(case)
    out = tmp_path / "masks.nii.gz"
    command = ["convert", str(folder / series), str(folder / file), str(out)]
    assert main(command) == 2
    assert "resampled to an even grid; --resample does so." in capsys.readouterr().err
    assert not out.exists()
    assert main([*command, "--resample"]) == 0
    assert "Caution: The NIfTI file has" in capsys.readouterr().err
    (summary,) = find_series(folder / series)
    drawn = read_masks(folder / file, summary)
    assert_itk_finds(drawn[0].masks, out, summary)
    back = read_masks_with_cautions(out, summary, resample=True)
    for one, other in zip(drawn, back.segments, strict=True):
        assert_same_masks(one.masks, other.masks)


def assert_itk_finds(masks: Mapping[int, np.ndarray], path: Path, summary: SeriesSummary) -> None:
    """Look up the centre of the first and of every marked pixel of each slice with ITK."""
    image = itk.imread(path)
    labels = itk.array_from_image(image)
    geometry = summary.geometry
    row_step = geometry.column_direction * geometry.pixel_spacing[0]
    column_step = geometry.row_direction * geometry.pixel_spacing[1]
    for index, position in enumerate(geometry.positions):
        mask = masks.get(index, np.zeros((geometry.rows, geometry.columns), bool))
        pixels = np.argwhere(mask) if mask.any() else np.zeros((1, 2), int)
        for row, column in pixels[:: max(1, len(pixels) // 20)]:
            point = position + row * row_step + column * column_step
            i, j, k = image.TransformPhysicalPointToIndex(point.tolist())
            assert bool(labels[k, j, i]) == bool(mask[row, column])


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("no_codes.nii.gz", "does not say where its voxels lie"),
        ("4d_onehot.nii.gz", "40 × 36 × 8 × 3 voxels; a label map is one volume"),
        ("isgz.nii", "is compressed: give it a name that ends in .nii.gz"),
        ("notgz.nii.gz", "is not compressed"),
        ("pair.hdr", "a NIfTI label map whose name ends in .nii or .nii.gz"),
        ("prob.nii.gz", "fractions"),
        ("nan.nii.gz", "no numbers"),
        ("onenan.nii.gz", "no numbers"),
        ("short.nii.gz", "voxels of 40 × 36 × 7 instead of 40 × 36 × 8"),
    ],
)
def test_label_maps_are_refused_by_the_true_reason(
    field_case: Callable[[str], Path], file: str, reason: str
) -> None:
    folder = field_case("seg_06_nifti_scaled_labels")
    (summary,) = find_series(folder / "ct")
    with pytest.raises(DicomError) as caught:
        read_masks(folder / file, summary)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "file", ["qform_flipped_sform_right.nii.gz", "sform_flipped_qform_right.nii.gz"]
)
def test_two_places_in_one_file_are_told(field_case: Callable[[str], Path], file: str) -> None:
    folder = field_case("seg_06_nifti_scaled_labels")
    (summary,) = find_series(folder / "ct")
    (caution,) = read_masks_with_cautions(folder / file, summary).cautions
    assert caution.startswith("The file states two different places, as sform and as qform")


@pytest.mark.parametrize(
    "file", ["4d_one.nii.gz", "UPPER.NII.GZ", "nifti2.nii", "qform_only.nii.gz"]
)
def test_sound_label_maps_are_read_without_a_word(
    field_case: Callable[[str], Path], file: str
) -> None:
    folder = field_case("seg_06_nifti_scaled_labels")
    (summary,) = find_series(folder / "ct")
    read = read_masks_with_cautions(folder / file, summary)
    assert not read.cautions
    assert [int(one.masks[3].sum()) for one in read.segments] == [81, 81, 81]


def test_part_of_a_series_is_put_on_it_on_request(field_case: Callable[[str], Path]) -> None:
    folder = field_case("seg_06_nifti_scaled_labels")
    (summary,) = find_series(folder / "ct")
    (first, *_) = read_masks(folder / "short.nii.gz", summary, resample=True)
    assert {index: int(mask.sum()) for index, mask in first.masks.items()} == dict.fromkeys(
        (2, 3, 4, 5), 81
    )
