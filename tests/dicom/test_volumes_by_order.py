"""Volumes that only the order of their images tells apart, which is told as a guess."""

from pathlib import Path
from typing import Any

import pytest

from core.dicom.reading import find_series
from tests.dicom.test_volumes import caution, found_volumes, restarting
from tests.support.synthetic_series import write_images

BY_NUMBERS = "the order of instance numbers alone"
BY_UIDS = "the order of SOP Instance UIDs alone"


def images_at(*places: Any) -> list[dict[str, Any]]:
    return [{"ImagePositionPatient": [0, 0, 2.5 * place]} for place in places]


def test_numbers_that_run_on_through_the_volumes(tmp_path: Path) -> None:
    write_images(tmp_path, images_at(*range(4), *range(4), *range(4)))
    assert found_volumes(tmp_path) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert BY_NUMBERS in caution(tmp_path, "mixed")


def test_numbers_that_count_the_volumes_at_each_place(tmp_path: Path) -> None:
    write_images(tmp_path, images_at(0, 0, 1, 1, 2, 2, 3, 3))
    assert found_volumes(tmp_path) == [[0, 2, 4, 6], [1, 3, 5, 7]]
    assert BY_NUMBERS in caution(tmp_path, "mixed")


def test_a_missing_slice_mixes_no_volumes(tmp_path: Path) -> None:
    write_images(tmp_path, images_at(0, 1, 3, 4, *range(5), *range(5)))
    assert found_volumes(tmp_path) == [
        [0, 1, 2, 3],
        [4, 5, 6, 7, 8],
        [9, 10, 11, 12, 13],
    ]


def test_numbers_that_begin_again_leave_the_numbers_of_the_uids(tmp_path: Path) -> None:
    images = restarting(images_at(*range(6), *range(6), *range(6)), 6)
    for index, image in enumerate(images):
        image["SOPInstanceUID"] = f"1.2.3.{index + 7}"
    write_images(tmp_path, images)
    assert found_volumes(tmp_path) == [
        list(range(6)),
        list(range(6, 12)),
        list(range(12, 18)),
    ]
    assert BY_UIDS in caution(tmp_path, "mixed")


@pytest.mark.parametrize(
    "keyword", ["EchoTime", "FlipAngle", "TriggerTime", "FrameReferenceTime", "AcquisitionTime"]
)
def test_values_and_times_go_before_numbers(tmp_path: Path, keyword: str) -> None:
    images = restarting(images_at(*range(4), *range(4), *range(4)), 4)
    for index, image in enumerate(images):
        image[keyword] = f"{100 * (index // 4) + index % 4 + 1:06d}"
    write_images(tmp_path, images)
    assert found_volumes(tmp_path) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert "the order of " in caution(tmp_path, "mixed")
    assert BY_NUMBERS not in caution(tmp_path, "mixed")


def test_shifted_volumes_are_divided_by_the_numbers_of_their_uids(tmp_path: Path) -> None:
    images = restarting(images_at(*range(4), *(place + 0.2 for place in range(4))), 4)
    for index, image in enumerate(images):
        image["SOPInstanceUID"] = f"1.2.3.{index + 7}"
    write_images(tmp_path, images)
    assert found_volumes(tmp_path) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert BY_UIDS in caution(tmp_path, "mixed")


def test_stacks_that_interleave_without_any_order_are_told(tmp_path: Path) -> None:
    images = restarting(images_at(*range(4), *(place + 0.2 for place in range(4))), 4)
    write_images(tmp_path, images)
    (volume,) = found_volumes(tmp_path)
    assert sorted(volume) == list(range(8))
    assert "2 even stacks that interleave" in caution(tmp_path, "mixed")


def test_rounded_positions_are_no_stacks_that_interleave(tmp_path: Path) -> None:
    images = images_at(*range(9))
    for image in images:
        image["ImagePositionPatient"] = [0, 0, round(image["ImagePositionPatient"][2])]
    write_images(tmp_path, restarting(images, 9))
    assert len(found_volumes(tmp_path)) == 1 and not caution(tmp_path, "mixed")


@pytest.mark.parametrize("shift", [0.02, 0.4])
def test_shifted_volumes_are_divided_by_their_numbers(tmp_path: Path, shift: float) -> None:
    write_images(tmp_path, images_at(*range(4), *(place + shift for place in range(4))))
    assert found_volumes(tmp_path) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert BY_NUMBERS in caution(tmp_path, "mixed")


def test_a_repeated_slice_leaves_the_stack_whole(tmp_path: Path) -> None:
    write_images(tmp_path, images_at(*range(10), 4))
    assert found_volumes(tmp_path) == [list(range(10)), [10]]
    assert "and 1 other(s) are listed by themselves" in caution(tmp_path, "first image")
    found = find_series(tmp_path)
    assert [one.series_description for one in found] == [
        "Synthetic (repeats)",
        "Synthetic (without repeats)",
    ]


def test_a_missing_slice_is_no_second_volume(tmp_path: Path) -> None:
    write_images(tmp_path, images_at(0, 1, 2, 4, 5, 6))
    assert found_volumes(tmp_path) == [list(range(6))]
    write_images(tmp_path / "uneven", images_at(0, 1, 2.3, 3, 4, 5.1))
    assert found_volumes(tmp_path / "uneven") == [list(range(6))]
