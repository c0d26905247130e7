"""Series with misstated headers are read as other programs read them, or with a caution."""

from pathlib import Path

import numpy as np
import pytest

from core.dicom.reading import find_series, read_series
from tests.support.header_mutants import judge_mutant, save
from tests.support.header_mutations import MUTATIONS
from tests.support.independent_readings import read_by_dcm2niix, read_by_itk
from tests.support.mutable_series import KINDS, images_of
from tests.support.reading_differences import differences

SEED = 11

_TWO_STACKS = (
    "The series holds 2 stacks of different orientation, size or kind (such as localisers or time "
    "points); each is listed by itself."
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sound_series_are_read_alike_and_without_a_caution(
    kind: str, tmp_path: Path, dcm2niix: str
) -> None:
    save(images_of(kind), tmp_path / "series")
    summaries = find_series(tmp_path / "series")
    assert all(set(one.problems) <= {_TWO_STACKS} for one in summaries)
    series = [read_series(one) for one in summaries]
    assert differences(series, read_by_dcm2niix(dcm2niix, tmp_path / "series")) == set()
    if not kind.startswith("enhanced"):
        assert differences(series, read_by_itk(tmp_path / "series")) == set()


@pytest.mark.parametrize("number", range(2 * len(MUTATIONS)))
def test_no_mutant_is_read_wrongly_without_a_word(number: int, dcm2niix: str) -> None:
    outcome = judge_mutant(number, SEED, dcm2niix)
    assert outcome.verdict != "silent", f"{outcome.mutant}: {outcome.detail}"


def test_differences_of_place_value_and_number_are_found(tmp_path: Path, dcm2niix: str) -> None:
    """The comparison itself sees what it is made for."""
    save(images_of("MR, oblique"), tmp_path / "sound")
    read = read_by_dcm2niix(dcm2niix, tmp_path / "sound")
    moved, brighter = images_of("MR, oblique"), images_of("MR, oblique")
    for image in moved:
        image.ImagePositionPatient = (np.array(image.ImagePositionPatient) + [0, 0, 1]).tolist()
    for image in brighter:
        image.RescaleSlope, image.RescaleIntercept = 1, 5
    fewer = images_of("MR, oblique")[:-1]
    cases = {
        "moved": (moved, {"place"}),
        "brighter": (brighter, {"value", "number"}),
        "fewer": (fewer, {"number"}),
    }
    for name, (images, expected) in cases.items():
        save(images, tmp_path / name)
        (summary,) = find_series(tmp_path / name)
        assert differences([read_series(summary)], read) == expected
