"""Standardised uptake values of PET: how much more than its share a gram of tissue took up.

SUVbw is the activity concentration, divided by the decayed dose per gram of body weight. The steps
follow the vendor-neutral procedure of the Quantitative Imaging Biomarkers Alliance (QIBA FDG-PET/CT
Profile, appendix G) with the attributes of PS3.3 C.8.9.1, C.8.9.2 and C.8.22.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydicom.dataset import Dataset

from core.dicom.files import items_of, number_of, text_of
from core.dicom.stated_values import is_rescaled

PET_TAGS = (
    "AcquisitionDate",
    "AcquisitionDateTime",
    "ActualFrameDuration",
    "AttenuationCorrected",
    "CorrectedImage",
    "DecayCorrected",
    "DecayCorrection",
    "DecayCorrectionDateTime",
    "DecayFactor",
    "PatientWeight",
    "RadiopharmaceuticalInformationSequence",
    "SUVType",
    "Units",
)

# Doses below this are given in MBq against the standard, and nothing says which are.
_LEAST_DOSE_BQ = 1e5
_LONGEST_DELAY = timedelta(days=2)

# Scanners write start times in whole seconds, which is 1 % for the shortest-lived isotope in use
# (rubidium-82, half-life 76 s), and decay factors with as few as three digits.
_DECAY_FACTOR_TOLERANCE = 0.02

_LARGEST_EXPONENT = 700.0  # of e, in double precision


@dataclass(frozen=True)
class PetFacts:
    """What one PET image says about its units and what it takes to turn them into SUV.

    Times without a zone, all of the same clock; dose in Bq, half-life and frame duration in s,
    weight in kg; None or "" for what the file leaves out. `reference` is the time that the activity
    was corrected to, None where that has to be found from the whole series.
    """

    units: str
    suv_type: str
    is_attenuation_corrected: bool
    is_decay_corrected: bool
    correction: str
    reference: datetime | None
    series_time: datetime | None
    acquisition_time: datetime | None
    injection_time: datetime | None
    dose: float | None
    half_life: float | None
    weight: float | None
    decay_factor: float | None = None
    frame_duration: float | None = None


@dataclass(frozen=True)
class SuvScale:
    """Factor from modality units to SUVbw; None, with the reason in one sentence, without it."""

    factor: float | None
    reason: str = ""


def pet_facts(dataset: Dataset) -> PetFacts:
    """Collect what a PET image says, single-frame or enhanced."""
    isotopes = items_of(dataset, "RadiopharmaceuticalInformationSequence")
    isotope = isotopes[0] if len(isotopes) else Dataset()
    series_time = _time(dataset, "SeriesDate", "SeriesTime")
    acquisition_time = _date_time(dataset, "AcquisitionDateTime") or _time(
        dataset, "AcquisitionDate", "AcquisitionTime"
    )
    corrected = text_of(dataset, "CorrectedImage")
    duration = number_of(dataset, "ActualFrameDuration")  # in ms
    return PetFacts(
        # Without a usable slope, stored values are in no unit at all.
        units=(text_of(dataset, "Units") or _rescale_type(dataset)) if is_rescaled(dataset) else "",
        suv_type=text_of(dataset, "SUVType"),
        is_attenuation_corrected="ATTN" in corrected
        or text_of(dataset, "AttenuationCorrected") == "YES",
        is_decay_corrected="DECY" in corrected or text_of(dataset, "DecayCorrected") == "YES",
        correction=text_of(dataset, "DecayCorrection"),
        reference=_date_time(dataset, "DecayCorrectionDateTime"),
        series_time=series_time,
        acquisition_time=acquisition_time,
        injection_time=_date_time(isotope, "RadiopharmaceuticalStartDateTime")
        or _clock_time(isotope, acquisition_time or series_time),
        dose=number_of(isotope, "RadionuclideTotalDose"),
        half_life=number_of(isotope, "RadionuclideHalfLife"),
        weight=number_of(dataset, "PatientWeight"),
        decay_factor=number_of(dataset, "DecayFactor"),
        frame_duration=None if duration is None else duration / 1000,
    )


def suv_scale(images: Iterable[PetFacts]) -> SuvScale:
    """Find the factor from the modality units of a PET series to SUVbw in g/ml.

    Parameters
    ----------
    images : iterable of PetFacts
        Of all images of the series: the scan began with the earliest.

    Returns
    -------
    SuvScale
        The same factor for every image.
    """
    facts = list(images)
    first = facts[0]
    if any(
        (image.units, image.dose, image.weight) != (first.units, first.dose, first.weight)
        for image in facts
    ):
        return SuvScale(None, _sentence("its images differ in units, dose or weight"))
    if first.units == "GML":
        if first.suv_type in ("", "BW"):
            return SuvScale(1.0)
        return SuvScale(None, _sentence("its values are normalised by something else than weight"))
    problem = _missing(first)
    if problem:
        return SuvScale(None, _sentence(problem))
    assert first.dose is not None and first.half_life is not None and first.weight is not None
    reference, problem = _reference_time(facts, first.half_life)
    if problem:
        return SuvScale(None, _sentence(problem))
    if first.correction == "ADMIN":
        return SuvScale(1000 * first.weight / first.dose)
    if reference is None or first.injection_time is None:
        return SuvScale(None, _sentence("the time of the injection or of the scan is missing"))
    delay = reference - first.injection_time
    if not timedelta(0) <= delay <= _LONGEST_DELAY:
        return SuvScale(None, _sentence("the scan does not begin soon after the injection"))
    decayed_dose = first.dose * 2 ** (-delay.total_seconds() / first.half_life)
    return SuvScale(1000 * first.weight / decayed_dose)


def _sentence(reason: str) -> str:
    return f"Uptake cannot be shown as SUV, because {reason}; values are those of the file."


def _missing(facts: PetFacts) -> str:
    """Say what keeps an image from being turned into SUV; "" for nothing."""
    if not facts.units:
        return "its units are not stated in full"
    if facts.units != "BQML":
        return f"its units are {facts.units} instead of Bq/ml"
    if not facts.is_attenuation_corrected:
        return "it is not corrected for attenuation"
    if not facts.is_decay_corrected or facts.correction == "NONE":
        return "it is not corrected for decay"
    if not facts.weight or not 0.5 < facts.weight < 700:
        return "the patient's weight is missing or not credible"
    if not facts.dose or facts.dose < _LEAST_DOSE_BQ:
        return "the injected dose is missing or not credible"
    if not facts.half_life or facts.half_life <= 0:
        return "the half-life of the isotope is missing"
    return ""


def _reference_time(facts: list[PetFacts], half_life: float) -> tuple[datetime | None, str]:
    """Return the time that the activity is corrected to, and what keeps it from being known.

    With a correction to the start, that is when the scan began. The series time may be that of a
    later reconstruction; then it lies after the acquisition, and the earliest acquisition stands
    in. The decay factors that the images state have the last word.
    """
    if len({image.correction for image in facts}) > 1:
        return None, "its images differ in their decay correction"
    first = facts[0]
    times = [image.acquisition_time for image in facts if image.acquisition_time]
    earliest = min(times, default=None)
    candidates: list[datetime | None]
    if first.reference is not None:
        candidates = [first.reference]
    elif first.correction == "ADMIN":
        candidates = [first.injection_time]
    elif first.correction == "START":
        candidates = [first.series_time, earliest]
        if first.series_time and earliest and first.series_time > earliest:
            candidates = [earliest]
    else:
        return None, "it is not said to what time it is corrected for decay"
    known = [time for time in candidates if time is not None]
    for time in known:
        if all(_fits_decay_factor(image, time, half_life) for image in facts):
            return time, ""
    if not known:
        return None, ""
    return None, "the decay factors of its images do not fit the time they are corrected to"


def _fits_decay_factor(image: PetFacts, reference: datetime, half_life: float) -> bool:
    """Compare the stated decay factor with the decay from a time to the image (PS3.3 C.8.9.4).

    Scanners correct to the start of the frame, or to its mean activity. A factor of exactly 1 is
    written where none is known.
    """
    factor, duration, begin = image.decay_factor, image.frame_duration, image.acquisition_time
    if factor is None or factor == 1 or duration is None or duration <= 0 or begin is None:
        return True
    rate = math.log(2) / half_life
    to_start = math.exp(min(rate * (begin - reference).total_seconds(), _LARGEST_EXPONENT))
    to_mean = to_start * rate * duration / -math.expm1(-rate * duration)
    return any(
        math.isclose(factor, expected, rel_tol=_DECAY_FACTOR_TOLERANCE)
        for expected in (to_start, to_mean)
    )


def _rescale_type(dataset: Dataset) -> str:
    """Return the units of an enhanced PET image, which names them with its rescaling."""
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for holder in items_of(dataset, keyword)[:1]:
            for item in items_of(holder, "PixelValueTransformationSequence")[:1]:
                return text_of(item, "RescaleType").upper().replace("/", "")
    return ""


def _date_time(dataset: Dataset, keyword: str) -> datetime | None:
    """Read a DT (PS3.5 6.2) without its zone, which all times of a series share."""
    text = text_of(dataset, keyword)
    zone = max(text.rfind("+"), text.rfind("-"))
    return _parsed(text[:8], text[8 : zone if zone > 8 else None])


def _time(dataset: Dataset, date_keyword: str, time_keyword: str) -> datetime | None:
    return _parsed(text_of(dataset, date_keyword), text_of(dataset, time_keyword))


def _clock_time(isotope: Dataset, scan: datetime | None) -> datetime | None:
    """Complete a time of day with the date: the last such time before the scan."""
    if scan is None:
        return None
    time = _parsed(f"{scan:%Y%m%d}", text_of(isotope, "RadiopharmaceuticalStartTime"))
    if time is None:
        return None
    return time if time <= scan else time - timedelta(days=1)


def _parsed(date: str, time: str) -> datetime | None:
    date, time = date.replace(".", ""), time.replace(":", "")
    if len(date) != 8 or len(time) < 4:
        return None
    whole, _, fraction = time.partition(".")
    try:
        moment = datetime.strptime(date + whole.ljust(6, "0"), "%Y%m%d%H%M%S")
        return moment + timedelta(seconds=float(f"0.{fraction or 0}"))
    except ValueError:
        return None
