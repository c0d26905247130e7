"""SUV of PET, on series with the attributes that scanners write."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import PositronEmissionTomographyImageStorage

from core.dicom.reading import find_series, read_series
from core.dicom.series import SeriesSummary
from tests.support.synthetic_series import write_images

HALF_LIFE_S = 6586.2  # fluorine-18


def isotope(**changes: Any) -> Dataset:
    item = Dataset()
    item.RadionuclideTotalDose = 3.7e8
    item.RadionuclideHalfLife = HALF_LIFE_S
    item.RadiopharmaceuticalStartTime = "090000.00"
    for keyword, value in changes.items():
        if value is None:
            delattr(item, keyword)
        else:
            setattr(item, keyword, value)
    return item


def write_pet(folder: Path, isotope_item: Dataset | None = None, **changes: Any) -> SeriesSummary:
    """Write three PET images whose rescale slopes differ, as they do."""
    pet = {
        "SOPClassUID": PositronEmissionTomographyImageStorage,
        "Modality": "PT",
        "Units": "BQML",
        "CorrectedImage": ["DECY", "ATTN", "SCAT"],
        "DecayCorrection": "START",
        "PatientWeight": "70",
        "SeriesDate": "20260101",
        "SeriesTime": "100000",
        "AcquisitionDate": "20260101",
        "AcquisitionTime": "100000",
        "RadiopharmaceuticalInformationSequence": [isotope_item or isotope()],
        "WindowCenter": "5000",
        "WindowWidth": "10000",
        "RescaleIntercept": 0,
    }
    write_images(folder, [{**pet, "RescaleSlope": 1 + k / 4, **changes} for k in range(3)])
    return find_series(folder)[0]


def concentration(folder: Path) -> np.ndarray:
    """Bq/ml of every image in position order, by pydicom alone."""
    images = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    return np.stack([image.pixel_array * float(image.RescaleSlope) for image in images])


def check(folder: Path, summary: SeriesSummary, decayed_dose: Any) -> None:
    factor = 70_000 / decayed_dose
    series = read_series(summary)
    assert summary.units == "SUVbw"
    assert series.volume.dtype == np.float32
    np.testing.assert_allclose(series.volume, concentration(folder) * factor, rtol=1e-6)
    assert series.windows[0].center == pytest.approx(5000 * factor)
    assert not any("SUV" in problem for problem in summary.problems)


def test_values_corrected_to_the_start_of_the_scan_become_suv(tmp_path: Path) -> None:
    check(tmp_path, write_pet(tmp_path), 3.7e8 * 2 ** (-3600 / HALF_LIFE_S))


def test_values_corrected_to_the_injection_need_no_times(tmp_path: Path) -> None:
    summary = write_pet(
        tmp_path, isotope(RadiopharmaceuticalStartTime=None), DecayCorrection="ADMIN"
    )
    check(tmp_path, summary, 3.7e8)


def test_the_earliest_acquisition_counts_where_the_series_was_made_later(tmp_path: Path) -> None:
    summary = write_pet(tmp_path, SeriesTime="153000", AcquisitionTime="094500")
    check(tmp_path, summary, 3.7e8 * 2 ** (-2700 / HALF_LIFE_S))


def test_an_injection_before_midnight_is_that_of_the_day_before(tmp_path: Path) -> None:
    summary = write_pet(
        tmp_path,
        isotope(RadiopharmaceuticalStartTime="233000"),
        SeriesTime="003000",
        AcquisitionTime="003000",
    )
    check(tmp_path, summary, 3.7e8 * 2 ** (-3600 / HALF_LIFE_S))


def test_a_full_date_of_the_injection_is_preferred_to_its_time_of_day(tmp_path: Path) -> None:
    item = isotope(RadiopharmaceuticalStartDateTime="20260101083000.50+0100")
    summary = write_pet(tmp_path, item)
    check(tmp_path, summary, 3.7e8 * 2 ** (-5399.5 / HALF_LIFE_S))


def test_values_that_are_suv_already_stay(tmp_path: Path) -> None:
    summary = write_pet(tmp_path, Units="GML", PatientWeight=None)
    assert summary.units == "SUVbw" and summary.unit_factor == 1
    np.testing.assert_allclose(read_series(summary).volume, concentration(tmp_path))


@pytest.mark.parametrize(
    ("isotope_changes", "changes", "reason", "units"),
    [
        ({}, {"Units": "CNTS"}, "units are CNTS instead of Bq/ml", "CNTS"),
        ({}, {"CorrectedImage": ["DECY"]}, "not corrected for attenuation", "Bq/ml"),
        ({}, {"DecayCorrection": "NONE"}, "not corrected for decay", "Bq/ml"),
        ({}, {"DecayCorrection": ""}, "not said to what time", "Bq/ml"),
        ({}, {"PatientWeight": ""}, "weight is missing", "Bq/ml"),
        ({"RadionuclideTotalDose": 370}, {}, "dose is missing or not credible", "Bq/ml"),
        ({"RadionuclideHalfLife": None}, {}, "half-life of the isotope", "Bq/ml"),
        ({"RadiopharmaceuticalStartTime": None}, {}, "time of the injection", "Bq/ml"),
        ({}, {"Units": "GML", "SUVType": "LBM"}, "normalised by something else", "GML"),
        (
            {"RadiopharmaceuticalStartDateTime": "20260102100000"},
            {},
            "does not begin soon after",
            "Bq/ml",
        ),
    ],
)
def test_what_keeps_values_from_becoming_suv_is_told(
    tmp_path: Path,
    isotope_changes: Any,
    changes: dict[Any, Any] | dict[str, list[str]] | dict[str, str],
    reason: str,
    units: str,
) -> None:
    summary = write_pet(tmp_path, isotope(**isotope_changes), **changes)
    (problem,) = (problem for problem in summary.problems if "SUV" in problem)
    assert reason in problem
    assert summary.units == units and summary.unit_factor == 1
    np.testing.assert_allclose(read_series(summary).volume, concentration(tmp_path))


def decay(seconds: int, duration: float = 0.0) -> str:
    """Decay factor of a frame that begins so long after the reference, its own decay included."""
    rate = np.log(2) / HALF_LIFE_S
    within = rate * duration / -np.expm1(-rate * duration) if duration else 1.0
    return f"{np.exp(rate * seconds) * within:.6f}"


@pytest.mark.parametrize("within", [0.0, 600.0])
def test_decay_factors_choose_the_time_that_values_are_corrected_to(
    tmp_path: Path, within: float
) -> None:
    """A series time before the acquisition is the reference, unless the factors say otherwise."""
    frame: dict[str, Any] = {"ActualFrameDuration": "600000", "SeriesTime": "094000"}
    to_series = write_pet(tmp_path / "a", **frame, DecayFactor=decay(1200, within))
    check(tmp_path / "a", to_series, 3.7e8 * 2 ** (-2400 / HALF_LIFE_S))
    to_scan = write_pet(tmp_path / "b", **frame, DecayFactor=decay(0, within or 1.0))
    check(tmp_path / "b", to_scan, 3.7e8 * 2 ** (-3600 / HALF_LIFE_S))


@pytest.mark.parametrize(
    "changes",
    [
        {"DecayFactor": decay(5400)},
        {"DecayFactor": decay(0, 600), "DecayCorrection": "ADMIN"},
        {"DecayFactor": decay(0, 600), "DecayCorrectionDateTime": "20260101090000"},
    ],
)
def test_decay_factors_that_fit_no_time_keep_values_from_becoming_suv(
    tmp_path: Path, changes: Any
) -> None:
    summary = write_pet(tmp_path, ActualFrameDuration="600000", **changes)
    assert summary.units == "Bq/ml"
    assert any("decay factors of its images do not fit" in text for text in summary.problems)


def test_a_half_life_in_minutes_is_found_by_the_decay_factors(tmp_path: Path) -> None:
    summary = write_pet(
        tmp_path,
        isotope(RadionuclideHalfLife="109.77"),
        ActualFrameDuration="600000",
        SeriesTime="094000",
        DecayFactor=decay(1200, 600),
    )
    assert summary.units == "Bq/ml"


def test_a_decay_factor_of_one_says_nothing(tmp_path: Path) -> None:
    summary = write_pet(
        tmp_path, SeriesTime="094000", ActualFrameDuration="600000", DecayFactor="1.0"
    )
    check(tmp_path, summary, 3.7e8 * 2 ** (-2400 / HALF_LIFE_S))


def test_images_corrected_in_different_ways_are_not_suv(tmp_path: Path) -> None:
    write_pet(tmp_path)
    path = min(tmp_path.iterdir())
    image = pydicom.dcmread(path)
    image.DecayCorrection = "ADMIN"
    image.save_as(path)
    (summary,) = find_series(tmp_path)
    assert any("differ in their decay correction" in text for text in summary.problems)


@pytest.mark.parametrize("images", [slice(1), slice(None)])
def test_images_without_a_rescale_are_in_no_unit(tmp_path: Path, images: slice) -> None:
    write_pet(tmp_path)
    for path in sorted(tmp_path.iterdir())[images]:
        image = pydicom.dcmread(path)
        image.RescaleSlope = None
        image.save_as(path)
    (summary,) = find_series(tmp_path)
    assert (summary.units, summary.unit_factor) == ("", 1.0)
    assert any("stored values become activity" in problem for problem in summary.problems)
