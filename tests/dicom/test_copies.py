"""Copies of images, and different images under one UID."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset
from pydicom.uid import RLELossless

from core.dicom import copies
from core.dicom.pixels import read_frames
from core.dicom.reading import find_series, read_series
from core.dicom.series import SeriesSummary
from core.dicom.uids import derive_uid
from tests.support.synthetic_series import PLACEMENTS, write_images, write_series

COPIES = "are copies of others and were left out."
SHARED = "Different images carry the same SOP Instance UID"


def says(summary: SeriesSummary, words: str) -> bool:
    return any(words in problem for problem in summary.problems)


def changed_copy(path: Path, target: Path, **changes: Any) -> FileDataset:
    image = pydicom.dcmread(path)
    for keyword, value in changes.items():
        setattr(image, keyword, value)
    image.save_as(target)
    return image


def test_a_copy_under_another_uid_is_left_out(tmp_path: Path) -> None:
    written = write_series(tmp_path / "series", PLACEMENTS[0])
    shutil.copytree(tmp_path / "series", tmp_path / "again")
    for number, path in enumerate(sorted((tmp_path / "again").iterdir())):
        changed_copy(path, path, SOPInstanceUID=f"2.25.{number}", InstanceNumber=100 + number)
    (summary,) = find_series(tmp_path)
    assert np.array_equal(read_series(summary).volume, written.volume)
    assert says(summary, f"9 file(s) {COPIES}")


def test_a_compressed_copy_is_left_out(tmp_path: Path) -> None:
    write_series(tmp_path, PLACEMENTS[0])
    for path in sorted(tmp_path.iterdir())[:3]:
        image = pydicom.dcmread(path)
        image.compress(RLELossless, generate_instance_uid=False)
        image.save_as(tmp_path / f"{path.name}-rle")
    (summary,) = find_series(tmp_path)
    assert summary.slices == 9 and says(summary, f"3 file(s) {COPIES}")


@pytest.mark.parametrize("changes", [{"ImagePositionPatient": [0, 0, 99]}, {"RescaleSlope": 2}])
def test_another_place_or_other_values_make_no_copy(
    tmp_path: Path, changes: dict[str, int] | dict[str, list[int]]
) -> None:
    write_images(tmp_path, [{}, {}, {}])
    changed_copy(tmp_path / "image002", tmp_path / "other", **changes)
    found = find_series(tmp_path)
    assert sum(summary.slices for summary in found) == 4
    assert not any(says(summary, COPIES) for summary in found)
    assert any(says(summary, SHARED) for summary in found)


def test_different_images_under_one_uid_keep_their_uids_apart(tmp_path: Path) -> None:
    write_images(tmp_path, [{"SOPInstanceUID": "1.2.3"} for _ in range(5)])
    shutil.copy(tmp_path / "image002", tmp_path / "copy")
    (summary,) = find_series(tmp_path)
    assert summary.slices == 5
    assert says(summary, f"1 file(s) {COPIES}") and says(summary, SHARED)
    uids = {record.sop_instance_uid for record in summary.records}
    assert len(uids) == 5 and "1.2.3" not in uids
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        path.rename(tmp_path / f"renamed{9 - number}")
    (again,) = find_series(tmp_path)
    assert [one.sop_instance_uid for one in again.records] == [
        one.sop_instance_uid for one in summary.records
    ]


def test_volumes_under_the_same_uids_are_different_stacks(tmp_path: Path) -> None:
    write_images(
        tmp_path,
        [
            {
                "ImagePositionPatient": [0, 0, 2.5 * index],
                "EchoTime": echo,
                "SOPInstanceUID": f"1.2.{index}",
            }
            for echo in (5, 60, 90)
            for index in range(4)
        ],
    )
    found = find_series(tmp_path)
    assert [summary.slices for summary in found] == [4, 4, 4]
    assert len({summary.uid for summary in found}) == 3
    assert len({one.sop_instance_uid for summary in found for one in summary.records}) == 12


def test_alike_images_of_volumes_that_nothing_tells_apart_are_no_copies(tmp_path: Path) -> None:
    empty = bytes(20 * 28 * 2)
    images: list[dict[str, Any]] = [
        {"ImagePositionPatient": [0, 0, 2.5 * index]} for index in [0, 1, 2, 3] * 2
    ]
    images[3]["PixelData"] = images[7]["PixelData"] = empty
    write_images(tmp_path, images)
    assert [summary.slices for summary in find_series(tmp_path)] == [4, 4]


def test_an_image_too_many_among_volumes_is_a_copy(tmp_path: Path) -> None:
    write_images(
        tmp_path, [{"ImagePositionPatient": [0, 0, 2.5 * index]} for index in [0, 1, 2, 3] * 2]
    )
    changed_copy(tmp_path / "image002", tmp_path / "image900", SOPInstanceUID="1.2.900")
    found = find_series(tmp_path)
    assert [summary.slices for summary in found] == [4, 4]
    assert says(found[0], f"1 file(s) {COPIES}")


def test_only_files_that_may_be_copies_are_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def recording(path: Path, *arguments: Any) -> Any:
        read.append(path)
        return read_frames(path, *arguments)

    monkeypatch.setattr(copies, "read_frames", recording)
    write_images(
        tmp_path,
        [
            {"ImagePositionPatient": [0, 0, 2.5 * index], "EchoTime": echo}
            for echo in (5, 60)
            for index in range(4)
        ],
    )
    find_series(tmp_path)
    assert read == []
    changed_copy(tmp_path / "image002", tmp_path / "image900", SOPInstanceUID="1.2.900")
    find_series(tmp_path)
    assert sorted(path.name for path in read) == ["image002", "image900"]


def test_a_file_that_cannot_be_decoded_fails_no_other(tmp_path: Path) -> None:
    write_images(tmp_path, [{}, {}, {}])
    image = pydicom.dcmread(tmp_path / "image002")
    image.compress(RLELossless, generate_instance_uid=False)
    image.PixelData = image.PixelData[:40] + bytes(len(image.PixelData) - 40)
    image.save_as(tmp_path / "broken")
    found = find_series(tmp_path)
    whole = max(found, key=lambda summary: summary.slices)
    assert whole.slices == 3 and says(whole, SHARED)


def test_one_series_uid_in_two_studies_is_two_stacks_of_different_uids(tmp_path: Path) -> None:
    write_images(tmp_path / "one", [{"SeriesInstanceUID": "1.2.3"}] * 3)
    write_images(
        tmp_path / "other", [{"SeriesInstanceUID": "1.2.3", "StudyInstanceUID": "1.2.4"}] * 2
    )
    found = {summary.slices: summary for summary in find_series(tmp_path)}
    assert found[3].uid == "1.2.3"
    assert found[2].uid == derive_uid("1.2.4", "1.2.3")
    assert found[2].series_instance_uid == "1.2.3"
