"""Objects that hold no image are counted and block nothing."""

from collections.abc import Callable
from pathlib import Path

from core.dicom.reading import find_with_rest


def test_a_spectrum_is_passed_over(field_case: Callable[[str], Path]) -> None:
    findings = find_with_rest(field_case("read_07_spectroscopy_and_jpip") / "input")
    (summary,) = findings.series
    assert (summary.slices, summary.damaged) == (5, ())
    assert findings.passed_over == "1 × MR Spectroscopy"
