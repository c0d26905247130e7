"""What a file states about its values, in every spelling that can be understood."""

import pydicom
import pytest
from pydicom.dataset import Dataset

from core.dicom.reading import find_series, read_series
from core.dicom.stated_values import unusable_values, value_unit
from tests.support.synthetic_series import Placement, write_series


def ct(**values):
    dataset = Dataset()
    dataset.Modality = "CT"
    for keyword, value in {"RescaleSlope": 1, "RescaleIntercept": 0, **values}.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("stated", ["", "HU"])
def test_ct_with_usable_rescaling_is_in_hounsfield_units(stated):
    assert value_unit(ct(RescaleType=stated)) == ("HU", [])


@pytest.mark.parametrize("stated", ["US", "Z_EFF", "HU_MOD"])
def test_another_rescale_type_is_no_hounsfield_unit(stated):
    unit, cautions = value_unit(ct(RescaleType=stated))
    assert unit == "" and len(cautions) == 1


@pytest.mark.parametrize("slope", [0, None])
def test_an_unusable_slope_gives_no_unit(slope):
    unit, cautions = value_unit(ct(RescaleSlope=slope))
    assert unit == "" and len(cautions) == 1


def test_what_is_missing_is_not_called_unusable():
    assert unusable_values(Dataset()) == []
    assert unusable_values(ct(RescaleSlope=None)) == []


@pytest.mark.parametrize(
    ("keyword", "value"), [("PixelSpacing", [0, 0]), ("ImagePositionPatient", [1, 2])]
)
def test_what_is_unusable_is_named(keyword, value):
    assert len(unusable_values(ct(**{keyword: value}))) == 1


def test_more_native_frames_than_stated_are_told(tmp_path):
    write_series(tmp_path, Placement("axial"), slices=1)
    (path,) = tmp_path.iterdir()
    image = pydicom.dcmread(path)
    image.PixelData = image.PixelData * 3
    image.save_as(path)
    (summary,) = find_series(tmp_path)
    assert "The file states 1 frame(s) but holds 3: the others are not shown." in summary.problems
    assert len(read_series(summary).volume) == 1
