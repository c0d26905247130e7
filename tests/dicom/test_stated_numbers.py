"""Images that the files say there are, and that are not there."""

import shutil
from pathlib import Path
from typing import Any

import pydicom
import pytest

from core.dicom.reading import find_series
from tests.support.synthetic_series import PLACEMENTS, write_enhanced, write_images

GE = (0x0025, "GEMS_SERS_01", 0x07)
PHILIPS = (0x2001, "Philips Imaging DD 001", 0x18)


def missing(folder: Path) -> list[str]:
    """Return every sentence about missing images once."""
    problems = (problem for summary in find_series(folder) for problem in summary.problems)
    return sorted({problem for problem in problems if "but only" in problem})


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"NumberOfSlices": 9}, "state 9 slices, but only 7 are here"),
        ({"ImagesInAcquisition": 9}, "state 9 images in an acquisition, but only 7 are here"),
        ({"ImagesInSeries": 9}, "state 9 images in the series, but only 7 are here"),
        (
            {"NumberOfTemporalPositions": 5, "TemporalPositionIdentifier": 1},
            "state 5 time points, but only 1 are here",
        ),
        (
            {"ConcatenationUID": "1.2.3", "InConcatenationTotalNumber": 9},
            "stored in 9 files, but only 7 are here",
        ),
    ],
)
def test_fewer_than_stated_is_told(
    tmp_path: Path, stated: dict[str, int | str] | dict[str, int], words: str
) -> None:
    write_images(tmp_path, [stated] * 7)
    (sentence,) = missing(tmp_path)
    assert words in sentence


@pytest.mark.parametrize(("group", "creator", "element"), [GE, PHILIPS])
def test_private_numbers_count(tmp_path: Path, group: int, creator: str, element: int) -> None:
    write_images(tmp_path, [{}] * 4)
    for path in tmp_path.iterdir():
        image = pydicom.dcmread(path)
        image.private_block(group, creator, create=True).add_new(element, "SL", 6)
        image.save_as(path)
    (sentence,) = missing(tmp_path)
    assert "state 6" in sentence and "only 4" in sentence


@pytest.mark.parametrize(
    "images",
    [
        [{"NumberOfSlices": 3, "ImagesInAcquisition": 3, "ImagesInSeries": 3}] * 3,
        [{"NumberOfSlices": 2, "ImagesInAcquisition": 2}] * 3,
        [{"ImagesInAcquisition": 5 + number} for number in range(3)],
        [{"ImagesInAcquisition": 3, "AcquisitionNumber": number // 3} for number in range(6)],
        [
            {
                "NumberOfSlices": 3,
                "NumberOfTemporalPositions": 2,
                "TemporalPositionIdentifier": number // 3 + 1,
                "ImagePositionPatient": [0, 0, number % 3],
            }
            for number in range(6)
        ],
        [{"NumberOfSlices": 0, "ImagesInAcquisition": None}] * 3,
    ],
)
def test_as_many_as_stated_or_numbers_that_cannot_be_trusted_need_no_word(
    tmp_path: Path, images: list[dict[str, Any]]
) -> None:
    write_images(tmp_path, images)
    assert missing(tmp_path) == []


def test_copies_do_not_make_up_for_missing_images(tmp_path: Path) -> None:
    write_images(tmp_path, [{"ImagesInAcquisition": 4}] * 3)
    shutil.copy(tmp_path / "image001", tmp_path / "copy")
    (sentence,) = missing(tmp_path)
    assert "only 3 are here" in sentence


def test_a_part_of_a_concatenation_that_is_gone_is_told(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "image", PLACEMENTS[4])
    image = pydicom.dcmread(tmp_path / "image")
    image.ConcatenationUID = "1.2.3"
    image.InConcatenationNumber, image.InConcatenationTotalNumber = 1, 2
    image.save_as(tmp_path / "image")
    (sentence,) = missing(tmp_path)
    assert "stored in 2 files, but only 1 are here" in sentence
