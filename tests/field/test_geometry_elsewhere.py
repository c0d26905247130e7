"""Objects that place their frames otherwise than images do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series


def test_a_dose_is_placed_by_its_offsets_and_scaled_to_gray(
    field_case: Callable[[str], Path],
) -> None:
    (summary,) = find_series(field_case("read_04_rt_dose") / "input" / "dose.dcm")
    np.testing.assert_allclose(summary.geometry.positions[:, 2], [0, 5, 10, 15, 20, 25])
    assert (summary.units, summary.geometry.in_patient) == ("Gy", True)
    assert read_series(summary).volume.max() == pytest.approx(5.93, abs=1e-3)


def test_a_tomography_follows_the_sign_of_its_spacing(field_case: Callable[[str], Path]) -> None:
    (summary,) = find_series(field_case("read_12_nm_spect_negative_spacing") / "input")
    np.testing.assert_allclose(
        sorted(summary.geometry.positions[:, 2]), np.linspace(78, 100, 6), atol=1e-9
    )
    # The first frame lies highest.
    assert summary.records[-1].frame == 1


@pytest.mark.parametrize(
    ("case", "reason"),
    [("read_05_whole_slide", "25 tile"), ("read_06_mosaic", "Siemens mosaic")],
)
def test_pictures_of_several_parts_are_refused_by_name(
    field_case: Callable[[str], Path], case: str, reason: str
) -> None:
    with pytest.raises(DicomError, match=reason):
        find_series(field_case(case) / "input")
