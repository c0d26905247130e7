"""Which windows are offered first."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.dicom.reading import find_series, read_series
from core.dicom.series import Series
from core.display.windows import AUTOMATIC, CT_WINDOWS, window_choices
from tests.support.synthetic_series import PLACEMENTS, write_series

COLOUR = {
    "SamplesPerPixel": 3,
    "PhotometricInterpretation": "RGB",
    "PlanarConfiguration": 0,
    "BitsAllocated": 8,
    "BitsStored": 8,
    "HighBit": 7,
    "PixelRepresentation": 0,
    "PixelData": bytes(range(240)) * 12,
}


@pytest.fixture(scope="module")
def mr(shared_data: Path) -> Series:
    return read_series(find_series(shared_data / "dicom" / "nd320_study1_t1post")[0])


def test_ct_starts_with_the_window_of_the_file_and_has_the_usual_ones(shared_data: Path) -> None:
    series = read_series(find_series(shared_data / "dicom" / "dcmqi_ct3slice")[0])
    names = list(window_choices(series))
    assert names[0].startswith("From the file")
    assert {window.name for window in CT_WINDOWS} < set(names)


def test_mr_starts_with_the_automatic_window_and_has_no_presets_of_ct(mr: Series) -> None:
    choices = window_choices(mr)
    assert next(iter(choices)) == AUTOMATIC
    assert "Lung" not in choices


@pytest.mark.parametrize("stated", [{"RescaleType": "MGML"}, COLOUR])
def test_ct_that_is_not_in_hounsfield_units_starts_with_the_automatic_window(
    tmp_path: Path, stated: dict[str, Any]
) -> None:
    write_series(tmp_path, PLACEMENTS[0], **stated)
    choices = window_choices(read_series(find_series(tmp_path)[0]))
    assert next(iter(choices)) == AUTOMATIC
    assert {window.name for window in CT_WINDOWS} < set(choices)


def test_the_automatic_window_shows_nearly_all_values(mr: Series) -> None:
    window = window_choices(mr)[AUTOMATIC]
    low, high = window.center - window.width / 2, window.center + window.width / 2
    assert ((mr.volume >= low) & (mr.volume <= high)).mean() > 0.95


def test_a_series_without_windows_still_has_one(mr: Series) -> None:
    assert window_choices(replace(mr, windows=()))


def test_windows_are_found_once_for_a_series(mr: Series) -> None:
    assert window_choices(mr) is window_choices(mr)
    assert window_choices(replace(mr)) is not window_choices(mr)
