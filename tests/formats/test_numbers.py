"""Numbers of series that are made from images."""

from core.formats.numbers import LARGEST_INTEGER_STRING, series_number_behind


def test_a_series_sorts_behind_its_images() -> None:
    assert series_number_behind(4, 1000) == 1004
    assert series_number_behind(None, 1000) == series_number_behind(-3, 1000) == 1000


def test_a_sum_that_no_integer_string_holds_is_not_written() -> None:
    assert series_number_behind(LARGEST_INTEGER_STRING - 1000, 1000) == LARGEST_INTEGER_STRING
    assert series_number_behind(LARGEST_INTEGER_STRING - 999, 1000) == 1000
    assert series_number_behind(999_999_999_999, 2000) == 2000
