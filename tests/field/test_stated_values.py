"""Values that a header states in odd ways: understood, or told."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.dicom.reading import find_series, read_series


def test_decimal_commas_are_read(field_case: Callable[[str], Path]) -> None:
    (summary,) = find_series(field_case("read_09_decimal_comma") / "input")
    series = read_series(summary)
    assert (series.volume.min(), series.volume.max()) == (0, 393)
    assert (summary.units, summary.pixel_spacing) == ("HU", (0.75, 0.75))


def test_numbers_of_another_vr_are_read(field_case: Callable[[str], Path]) -> None:
    (summary,) = find_series(field_case("read_10_pixel_spacing_as_ut") / "input")
    assert (summary.units, summary.pixel_spacing) == ("HU", (2.5, 2.5))
    assert not summary.problems


def test_an_empty_intercept_gives_no_hounsfield_units(field_case: Callable[[str], Path]) -> None:
    (summary,) = find_series(field_case("read_19_rescale_empty") / "input")
    assert summary.units == ""
    assert any("values have no unit" in problem for problem in summary.problems)
    assert read_series(summary).volume.min() == 1024


def test_nulls_around_numbers_are_ignored(field_case: Callable[[str], Path]) -> None:
    (summary,) = find_series(field_case("read_19_rescale_nulls") / "input")
    assert (summary.units, read_series(summary).volume.max()) == ("HU", 393)


def test_one_number_for_two_pixel_sizes_is_told(field_case: Callable[[str], Path]) -> None:
    (summary,) = find_series(field_case("read_20_pixel_spacing_one_value") / "input")
    assert not summary.geometry.has_pixel_size
    assert any("Pixel Spacing is stated in a way" in problem for problem in summary.problems)


@pytest.mark.parametrize("letter", "abcde")
def test_pixels_are_found_at_the_bits_that_hold_them(
    field_case: Callable[[str], Path], letter: str
) -> None:
    folder = field_case("read_03_high_bits")
    (path,) = (folder / "input").glob(f"{letter}_*.dcm")
    (summary,) = find_series(path)
    expected = "signed" if letter == "c" else "unsigned"
    np.testing.assert_array_equal(
        read_series(summary).volume[0], np.load(folder / f"expected_{expected}.npy").squeeze()
    )
    assert any("High Bit" in problem for problem in summary.problems) == (letter in "bde")
