"""Sizes of files, for people."""

import pytest

from core.home.shown_sizes import shown_size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 kB"),
        (1, "1 kB"),
        (43_210, "44 kB"),
        (999_000, "999 kB"),
        (999_001, "1.0 MB"),
        (12_345_678, "12.3 MB"),
    ],
)
def test_small_files_are_not_shown_as_nothing(size: int, text: str) -> None:
    assert shown_size(size) == text
