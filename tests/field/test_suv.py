"""One SUV factor for all images of a series."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.dicom.reading import find_series


@pytest.mark.parametrize("case", ["read_08_dynamic_pet", "read_08_static_from_last_minutes"])
def test_all_stacks_of_a_series_share_the_factor(
    field_case: Callable[[str], Path], case: str
) -> None:
    summaries = find_series(field_case(case) / "input")
    assert {summary.units for summary in summaries} == {"SUVbw"}
    assert len({summary.unit_factor for summary in summaries}) == 1
