"""Several volumes in one series: each is a stack of its own, or the doubt is named."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom import Dataset

from core.dicom.reading import find_series


def volumes(folder: Path, key: Callable[[Dataset], Any]) -> list[list[str]]:
    """Volumes as pydicom reads them: file names in position order, divided by a key."""
    images = [(path.name, pydicom.dcmread(path)) for path in sorted(folder.glob("*.dcm"))]
    found = defaultdict(list)
    for name, image in sorted(images, key=lambda pair: pair[1].ImagePositionPatient[2]):
        found[str(key(image))].append(name)
    return sorted(found.values())


def found_volumes(folder: Path) -> list[list[str]]:
    return sorted([record.path.name for record in one.records] for one in find_series(folder))


@pytest.mark.parametrize(
    ("case", "key"),
    [
        ("read_02_ge_multiecho_indistinct", lambda image: image[0x0019, 0x10A2].value),
        ("read_14_phases_shifted_3mm", lambda image: image.DiffusionBValue),
        ("read_23_phases_by_scan_options", lambda image: image.ScanOptions),
        ("read_23_phases_by_scan_options_numbers_unique", lambda image: image.ScanOptions),
        ("read_31_two_derived_images_same_numbers", lambda image: image.ImageType),
    ],
)
def test_volumes_are_told_apart_by_what_the_files_state(
    field_case: Callable[[str], Path], case: str, key: Callable[[Dataset], Any]
) -> None:
    folder = field_case(case) / "input"
    assert found_volumes(folder) == volumes(folder, key)
    for summary in find_series(folder):
        assert not any("mixed" in problem for problem in summary.problems)


def test_image_types_are_named_as_in_the_files(field_case: Callable[[str], Path]) -> None:
    found = find_series(field_case("read_31_two_derived_images_same_numbers") / "input")
    assert found[0].series_description == r"Field test (image type DERIVED\PRIMARY\M\RMS)"


def test_acquisitions_that_follow_one_another_are_one_stack(
    field_case: Callable[[str], Path],
) -> None:
    found = find_series(field_case("read_30_two_acquisitions_one_overlap") / "input")
    assert sorted(summary.slices for summary in found) == [1, 15]
    for summary in found:
        assert any(
            problem.startswith("2 runs (acquisition) follow one another and overlap")
            for problem in summary.problems
        )


def test_a_frame_of_reference_for_each_slice_is_told(field_case: Callable[[str], Path]) -> None:
    (summary,) = find_series(field_case("read_21_frame_of_reference_per_slice") / "input")
    assert (summary.slices, summary.frame_of_reference_uid) == (6, None)
    assert any("a frame of reference of its own" in problem for problem in summary.problems)


def test_slices_without_position_follow_slice_location(field_case: Callable[[str], Path]) -> None:
    (summary,) = find_series(field_case("read_18_no_position_no_number") / "input")
    locations = [float(pydicom.dcmread(record.path).SliceLocation) for record in summary.records]
    assert locations == [3.0 * index for index in range(10)]
    assert any("in the order of Slice Location," in problem for problem in summary.problems)


@pytest.mark.parametrize(
    "case", ["read_24_enhanced_random_order", "read_25_number_of_frames_one_zero_empty"]
)
def test_sound_stacks_carry_no_doubt_about_volumes(
    field_case: Callable[[str], Path], case: str
) -> None:
    (summary,) = find_series(field_case(case))
    assert summary.problems == ()
