"""Values of the pixels in modality units, and the windows of the files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from core.dicom.pixels import read_frames
from core.dicom.reading import find_series, read_series, read_slices, suggested_windows
from core.dicom.series import Window
from tests.support.synthetic_series import PLACEMENTS, write_series


@pytest.mark.parametrize(
    ("changes", "dtype", "expected"),
    [
        ({"RescaleSlope": 2, "RescaleIntercept": -1024}, np.int16, lambda v: v * 2 - 1024),
        ({"RescaleSlope": 0.5, "RescaleIntercept": 0}, np.float32, lambda v: v * 0.5),
        ({"RescaleSlope": 100, "RescaleIntercept": 0}, np.float32, lambda v: v * 100.0),
    ],
)
def test_modality_units_are_whole_numbers_where_they_can_be(
    tmp_path: Path, changes: dict[str, float] | dict[str, int], dtype: type, expected: Any
) -> None:
    written = write_series(tmp_path, PLACEMENTS[0], **changes)
    series = read_series(find_series(tmp_path)[0])
    assert series.volume.dtype == dtype
    assert np.array_equal(series.volume, expected(written.volume.astype(np.int32)))


@pytest.mark.parametrize("bits", [9, 12, 15, 16])
@pytest.mark.parametrize("is_signed", [True, False])
@pytest.mark.parametrize("rescale", [(1, -1024), (1, 0), (3, 7), (-1, 40000), (0.25, -3)])
def test_pixels_read_from_their_place_equal_those_of_the_parsed_file(
    tmp_path: Path, bits: int, is_signed: bool, rescale: tuple[float, int] | tuple[int, int]
) -> None:
    slope, intercept = rescale
    write_series(
        tmp_path,
        PLACEMENTS[0],
        slices=2,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=int(is_signed),
        RescaleSlope=slope,
        RescaleIntercept=intercept,
    )
    (summary,) = find_series(tmp_path)
    for index, values in read_slices(summary):
        record = summary.records[index]
        assert record.stored is not None
        parsed = replace(record, stored=None)
        (again,) = read_frames(record.path, [parsed], summary.rows, summary.columns)
        assert np.array_equal(values, again)
        pixels = pydicom.dcmread(record.path).pixel_array
        assert np.array_equal(values, pixels.astype(np.float64) * slope + intercept)


def test_monochrome1_keeps_its_units_and_is_marked_as_inverted(tmp_path: Path) -> None:
    written = write_series(tmp_path, PLACEMENTS[0], PhotometricInterpretation="MONOCHROME1")
    series = read_series(find_series(tmp_path)[0])
    assert series.inverted
    assert np.array_equal(series.volume, written.volume)


def test_windows_come_from_the_file(shared_data: Path, tmp_path: Path) -> None:
    series = read_series(find_series(shared_data / "dicom" / "totalseg_example_ct")[0])
    assert series.windows == (Window(40, 300, "WINDOW1"), Window(300, 1500, "WINDOW2"))
    write_series(tmp_path, PLACEMENTS[0], WindowCenter="40", WindowWidth="0")
    assert suggested_windows(find_series(tmp_path)[0]) == ()
