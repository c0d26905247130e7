"""What a file states about its values, in every spelling that can be understood."""

from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from core.dicom.reading import find_series, read_series
from core.dicom.stated_values import contradictions, unusable_values, value_unit
from tests.support.synthetic_series import Placement, write_enhanced, write_series


def ct(**values: Any) -> Dataset:
    dataset = Dataset()
    dataset.Modality = "CT"
    for keyword, value in {"RescaleSlope": 1, "RescaleIntercept": 0, **values}.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("stated", ["", "HU"])
def test_ct_with_usable_rescaling_is_in_hounsfield_units(stated: str) -> None:
    assert value_unit(ct(RescaleType=stated)) == ("HU", [])


@pytest.mark.parametrize("stated", ["US", "Z_EFF", "HU_MOD"])
def test_another_rescale_type_is_no_hounsfield_unit(stated: str) -> None:
    unit, cautions = value_unit(ct(RescaleType=stated))
    assert unit == "" and len(cautions) == 1


@pytest.mark.parametrize("slope", [0, None])
def test_an_unusable_slope_gives_no_unit(slope: int | None) -> None:
    unit, cautions = value_unit(ct(RescaleSlope=slope))
    assert unit == "" and len(cautions) == 1


def test_what_is_missing_is_not_called_unusable() -> None:
    assert unusable_values(Dataset()) == []
    assert unusable_values(ct(RescaleSlope=None)) == []


@pytest.mark.parametrize(
    ("keyword", "value"), [("PixelSpacing", [0, 0]), ("ImagePositionPatient", [1, 2])]
)
def test_what_is_unusable_is_named(keyword: str, value: list[int]) -> None:
    assert len(unusable_values(ct(**{keyword: value}))) == 1


def test_more_native_frames_than_stated_are_told(tmp_path: Path) -> None:
    write_series(tmp_path, Placement("axial"), slices=1)
    (path,) = tmp_path.iterdir()
    image = pydicom.dcmread(path)
    image.PixelData = image.PixelData * 3
    image.save_as(path)
    (summary,) = find_series(tmp_path)
    assert "The file states 1 frame(s) but holds 3: the others are not shown." in summary.problems
    assert len(read_series(summary).volume) == 1


@pytest.mark.parametrize("content", [b"\0\0", b"\0\0\0\0"])
def test_nulls_alone_are_a_value_that_was_lost(tmp_path: Path, content: bytes) -> None:
    write_series(tmp_path, Placement("axial"), slices=1, Modality="MR", RescaleIntercept=5)
    (path,) = tmp_path.iterdir()
    image = pydicom.dcmread(path)
    image[0x00281053] = RawDataElement(Tag(0x00281053), "DS", len(content), content, 0, False, True)
    image.save_as(path)
    (summary,) = find_series(tmp_path)
    assert any(text.startswith("Rescale Slope is stated in a way") for text in summary.problems)


@pytest.mark.parametrize(
    ("cosines", "is_told"),
    [
        ([1, 0, 0, 0, 1, 0], False),
        ([0.925, 0.337, -0.174, -0.377, 0.863, -0.337], False),
        ([1, 0, 0, 0.01, 1, 0], True),
        ([1.01, 0, 0, 0, 1, 0], True),
    ],
)
def test_directions_that_are_none_of_a_plane_exactly_are_told(
    cosines: list[float] | list[int], is_told: bool
) -> None:
    found = contradictions(ct(ImageOrientationPatient=cosines))
    assert any("perpendicular unit vectors" in sentence for sentence in found) == is_told


def test_a_second_rescale_beside_the_functional_groups_is_told(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "enhanced", Placement("axial"))
    image = pydicom.dcmread(tmp_path / "enhanced")
    before = read_series(find_series(tmp_path)[0])
    image.RescaleSlope, image.RescaleIntercept = 3, 0
    image.save_as(tmp_path / "enhanced")
    after = read_series(find_series(tmp_path)[0])
    assert (after.volume == before.volume).all()
    assert any("second, different rescale" in problem for problem in after.summary.problems)
