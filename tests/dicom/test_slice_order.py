"""The order of slices whose files state no positions."""

from pathlib import Path
from typing import Any

import pydicom
import pytest

from core.dicom.reading import find_series
from core.dicom.uids import uid_order
from tests.support.synthetic_series import write_images

UNPLACED = {"ImagePositionPatient": None}


def order_and_caution(folder: Path, images: list[dict[str, Any]]) -> tuple[list[int], str]:
    """Order in which images come out, as indices into `images`, and the sentence about it."""
    write_images(folder, [UNPLACED | image for image in images])
    (summary,) = find_series(folder)
    (caution,) = [problem for problem in summary.problems if "relied on" in problem]
    return [int(record.path.name[5:]) - 1 for record in summary.records], caution


@pytest.mark.parametrize(
    ("images", "order", "words"),
    [
        (
            [{"SliceLocation": place, "InstanceNumber": place} for place in (4, 2.5, -1)],
            [2, 1, 0],
            "in the order of Slice Location,",
        ),
        (
            [
                {"ImagePositionPatient": [3, 0, z], "ImageOrientationPatient": None}
                for z in (0, 40, 20)
            ],
            [0, 2, 1],
            "in the order of their positions, without any orientation,",
        ),
        (
            [{"SliceLocation": 0, "InstanceNumber": number} for number in (10, 9, 1)],
            [2, 1, 0],
            "in the order of their numbers, and lengths",
        ),
        (
            [{"SliceLocation": 7, "InstanceNumber": 2}, {"InstanceNumber": 1}],
            [1, 0],
            "in the order of their numbers, and lengths",
        ),
        (
            [{"InstanceNumber": number} for number in (2, 1, 2, 1)],
            [1, 3, 0, 2],
            "numbers, which repeat: several volumes may be mixed,",
        ),
        (
            [{"InstanceNumber": 2}, {"InstanceNumber": None}, {"InstanceNumber": 1}],
            [2, 0, 1],
            "those without one in that of their file names,",
        ),
        (
            [{"InstanceNumber": None, "SOPInstanceUID": f"1.2.{n}"} for n in (3, 1, 2)],
            [0, 1, 2],
            "in the order of their file names, which may mean nothing,",
        ),
    ],
)
def test_slices_without_positions_follow_what_there_is(
    tmp_path: Path, images: list[dict[str, Any]], order: list[int], words: str
) -> None:
    found, caution = order_and_caution(tmp_path, images)
    assert found == order
    assert words in caution


def test_one_position_for_all_slices_is_none(tmp_path: Path) -> None:
    write_images(
        tmp_path,
        [{"ImagePositionPatient": [0, 0, 0], "SliceLocation": place} for place in (9, 6, 3)],
    )
    (summary,) = find_series(tmp_path)
    assert [record.path.name for record in summary.records] == ["image003", "image002", "image001"]
    assert not summary.geometry.in_patient
    assert any("in the order of Slice Location," in problem for problem in summary.problems)


def test_numbers_in_file_names_count(tmp_path: Path) -> None:
    write_images(tmp_path, [UNPLACED | {"InstanceNumber": None} for _ in range(3)])
    for path, name in zip(sorted(tmp_path.iterdir()), ("IM10", "IM9", "IM1"), strict=True):
        path.rename(tmp_path / name)
    (summary,) = find_series(tmp_path)
    assert [record.path.name for record in summary.records] == ["IM1", "IM9", "IM10"]


def test_a_single_image_has_no_order(tmp_path: Path) -> None:
    write_images(tmp_path, [UNPLACED])
    (summary,) = find_series(tmp_path)
    assert not any("order" in problem for problem in summary.problems)


def test_echoes_without_positions_are_told_apart_at_each_location(tmp_path: Path) -> None:
    write_images(
        tmp_path,
        [
            UNPLACED | {"SliceLocation": place, "EchoTime": echo}
            for place in (0, 3, 6)
            for echo in (5, 60)
        ],
    )
    found = find_series(tmp_path)
    assert [one.series_description for one in found] == [
        "Synthetic (echo time 5)",
        "Synthetic (echo time 60)",
    ]
    for summary in found:
        places = [pydicom.dcmread(record.path).SliceLocation for record in summary.records]
        assert places == [0, 3, 6]


def test_uids_are_sorted_by_their_numbers() -> None:
    uids = ["1.2.10", "1.2.9", "1.10", "1.2", "1.2.9.1"]
    assert sorted(uids, key=uid_order) == ["1.2", "1.2.9", "1.2.9.1", "1.2.10", "1.10"]
