"""Contours stay on their slices, and formats that cannot hold uneven slices are refused."""

import csv
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.csv_writing import write_measurements
from core.formats.nifti_writing import write_nifti
from core.formats.reading import read_masks
from core.formats.structure_set_writing import write_structure_set


def sizes(path: Path, summary: SeriesSummary) -> dict[int, int]:
    (region,) = read_masks(path, summary)
    return {index: int(mask.sum()) for index, mask in region.masks.items()}


@pytest.mark.parametrize("decimals", [1, 2, 3, 6])
def test_all_parts_of_an_oblique_slice_count(
    field_case: Callable[[str], Path], decimals: int
) -> None:
    folder = field_case("seg_01_oblique_two_parts")
    (summary,) = find_series(folder / "ct")
    found = sizes(folder / f"rt_{decimals}.dcm", summary)
    assert set(found) == set(range(1, 8)) and all(400 < size < 410 for size in found.values())


def test_all_parts_count_where_a_third_decimal_is_five(field_case: Callable[[str], Path]) -> None:
    folder = field_case("seg_01_oblique_two_parts")
    for series, file, size in (
        ("ct_axial_thirdDecimal5", "rt_axial_thirdDecimal5.dcm", 395),
        ("ct_rt", "own_rt.dcm", 459),
    ):
        (summary,) = find_series(folder / series)
        assert set(sizes(folder / file, summary).values()) == {size}


@pytest.mark.parametrize("file", ["rt_thin_region.dcm", "own_rt.dcm"])
def test_contours_stay_on_the_images_they_name(
    field_case: Callable[[str], Path], file: str
) -> None:
    folder = field_case("seg_02_nonuniform_z")
    (summary,) = find_series(folder / "ct_thin_region")
    assert set(sizes(folder / file, summary)) == {8, 9}


def test_contours_belong_to_the_phase_whose_image_they_name(
    field_case: Callable[[str], Path],
) -> None:
    folder = field_case("seg_03_cine_4d")
    found = [sizes(folder / "rt_all.dcm", phase) for phase in find_series(folder / "mr")]
    assert [set(one.values()) for one in found] == [{438}, {194}, {70}]


@pytest.mark.parametrize(
    ("case", "series", "file", "millilitres"),
    [
        ("read_13_missing_slices_nifti", "input", "drawn.dcm", 0.660),
        ("seg_08_missing_slice_nifti", "ct22", "seg22.dcm", 5.085),
        ("seg_02_nonuniform_z", "ct_thin_region", "own_rt.dcm", 0.506),
    ],
)
def test_millilitres_are_those_of_each_slice_and_nifti_is_refused(
    field_case: Callable[[str], Path],
    tmp_path: Path,
    case: str,
    series: str,
    file: str,
    millilitres: float,
) -> None:
    folder = field_case(case)
    (summary,) = find_series(folder / series)
    masks = read_masks(folder / file, summary)
    write_measurements(summary, masks, tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as table:
        *_, total = csv.DictReader(table)
    assert float(total["volume_ml"]) == pytest.approx(millilitres, abs=1e-6)
    with pytest.raises(DicomError, match="even steps"):
        write_nifti(summary, masks, tmp_path / "masks.nii.gz")
    assert not (tmp_path / "masks.nii.gz").exists()


def test_a_label_map_with_the_mean_step_is_refused(field_case: Callable[[str], Path]) -> None:
    folder = field_case("seg_08_missing_slice_nifti")
    (summary,) = find_series(folder / "ct22")
    with pytest.raises(DicomError, match="even steps"):
        read_masks(folder / "o22.nii.gz", summary)


def test_long_contours_are_written_so_that_others_read_them(
    field_case: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = field_case("seg_09_long_contour")
    (summary,) = find_series(folder / "ct")
    write_structure_set(summary, read_masks(folder / "seg.dcm", summary), tmp_path / "rt.dcm")
    contours = pydicom.dcmread(tmp_path / "rt.dcm").ROIContourSequence[0].ContourSequence
    assert all(contour["ContourData"].VR == "DS" for contour in contours)
    assert sizes(tmp_path / "rt.dcm", summary) == {1: 9262}


@pytest.mark.parametrize("file", ["scaled_i16.nii.gz", "scaled_u16.nii.gz"])
def test_labels_scaled_in_single_precision_are_labels(
    field_case: Callable[[str], Path], file: str
) -> None:
    folder = field_case("seg_06_nifti_scaled_labels")
    (summary,) = find_series(folder / "ct")
    read = read_masks(folder / file, summary)
    assert [one.segment.number for one in read] == [1, 2, 3]


@pytest.mark.parametrize("file", ["twice.dcm", "between.dcm", "noref_frame.dcm", "noref_none.dcm"])
def test_odd_structure_sets_are_read_on_three_slices(
    field_case: Callable[[str], Path], file: str
) -> None:
    folder = field_case("seg_13_rtstruct_shapes")
    (summary,) = find_series(folder / "ct")
    assert sizes(folder / file, summary) == {2: 251, 3: 251, 4: 251}
