"""Series with a misstated header, and whether Slicewise reads any of them wrongly without a word.

Every reading is compared with two that are not ours. A difference that no caution covers is a fault
of Slicewise, unless the other program can be shown to be wrong:

- The mutation kept the meaning of the value (a comma for the decimal point, nulls, another VR), and
  Slicewise reads of the mutant what the program itself reads of the sound series.
- The second program agrees with Slicewise, and it is known why the first does not (`_KNOWN`).
- Positions of slices were moved off an even line, and the program has a single matrix for all.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from pydicom.dataset import Dataset

from core.dicom.errors import DicomError
from core.dicom.reading import look_through, read_series
from core.dicom.series import Series
from tests.support.header_mutations import MUTATIONS, Change
from tests.support.independent_readings import (
    ReadVolume,
    read_by_dcm2niix,
    read_by_highdicom,
    read_by_itk,
)
from tests.support.mutable_series import KINDS, images_of
from tests.support.reading_differences import Difference, differences

Verdict = Literal["same", "told", "refused", "other program wrong", "read by no other", "silent"]

_KNOWN = {
    ("dcm2niix", "SeriesNumber"): "it separates images of one series UID by their series numbers",
    ("dcm2niix", "ImageType"): "it separates images of one series UID by their image types",
    ("dcm2niix", "EchoNumbers"): "it separates images of one echo time by their echo numbers",
    ("dcm2niix", "Modality"): "it separates images of one series UID by their modalities",
    ("dcm2niix", "RescaleSlope"): "it applies a slope that is infinite or no number",
    ("dcm2niix", "InstanceNumber"): "it relies on instance numbers, which say nothing of places",
    ("dcm2niix", "NumberOfFrames"): "it does not take a file without a number of frames for one",
    ("dcm2niix", "ImageOrientationPatient"): "it separates images whose directions hardly differ",
    ("dcm2niix", "BitsStored"): "it takes all allocated bits for stored ones",
    ("dcm2niix", "PixelRepresentation"): "it takes the sign of the first image for all",
    ("dcm2niix", "SliceThickness"): "it takes the thickness of frames for their distance",
    ("highdicom", "RescaleSlope"): "it takes a rescale beside the functional groups",
    ("itk", "PhotometricInterpretation"): "it turns the grey scale of MONOCHROME1 over",
}
"""Why a program reads another series than is stated, by the attribute that was changed."""

_ONE_STEP = ("dcm2niix", "highdicom")
"""Programs that make one matrix of all positions."""

_PLACING = "Position|Orientation|Pixel Spacing|Slice Thickness|Spacing Between|place|lie|spaced"
_MIXED = "stacks|belong together|mixed|copies|by themselves|fetch it again"
_COVERING: Mapping[Difference, str] = {
    "place": f"{_PLACING}|directions|Pixel sizes|how large|missing|shifted|{_MIXED}",
    "value": f"Rescale|High Bit|Hounsfield|unit|values|{_MIXED}",
    "number": f"Rescale|High Bit|Hounsfield|unit|values|missing|{_MIXED}",
}
"""Words of the cautions that cover each kind of difference."""


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant, with the reason or what differs, and what was changed."""

    verdict: Verdict
    detail: str
    mutant: str


def judge_mutant(number: int, seed: int, dcm2niix: str) -> Outcome:
    """Make a mutant, read it with every program, and compare.

    Parameters
    ----------
    number, seed : int
        Which mutant; the same ones give the same mutant.
    dcm2niix : str
        Path of the program.
    """
    random = np.random.default_rng([seed, number])
    kind = list(KINDS)[random.integers(len(KINDS))]
    mutation = MUTATIONS[number % len(MUTATIONS)]
    images = images_of(kind)
    change = mutation(images, random)
    mutant = f"{number}, {kind}, {mutation.__name__}: {change.words}"
    with TemporaryDirectory() as place:
        folder = Path(place) / "series"
        save(images, folder)
        series, cautions = _read(folder)
        if not series:
            return Outcome("refused", " ".join(cautions), mutant)
        told = [caution for caution in cautions if caution not in _sound_cautions(kind)]
        readings = {
            name: volumes
            for name, read in _readers(kind, dcm2niix).items()
            if (volumes := read(folder))
        }
        compared = {name: differences(series, volumes) for name, volumes in readings.items()}
        found = {name: differ for name, differ in compared.items() if differ}
        if not found:
            return Outcome("same" if readings else "read by no other", "", mutant)
        detail = "; ".join(f"{name}: {', '.join(sorted(what))}" for name, what in found.items())
        if all(_covers(told, differ) for what in found.values() for differ in what):
            return Outcome("told", detail, mutant)
        reasons = [_why_wrong(name, kind, change, series, set(found), dcm2niix) for name in found]
        if all(reasons):
            return Outcome("other program wrong", "; ".join(sorted(set(reasons))), mutant)
        return Outcome("silent", detail, mutant)


def save(images: list[Dataset], folder: Path) -> None:
    """Write images under names that say nothing of their order."""
    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        image.save_as(folder / f"IM{number * 37 % 100:02d}", enforce_file_format=True)


def _read(folder: Path) -> tuple[list[Series], list[str]]:
    """Read all stacks of a folder, and every caution about them; none where they are refused."""
    findings = look_through(folder)
    told = [file.reason for file in findings.skipped]
    for summary in findings.series:
        told += [*summary.problems, *summary.damaged]
    try:
        return [read_series(one, leave_out_damaged=True) for one in findings.series], told
    except DicomError as error:
        return [], [*told, str(error)]


def _readers(kind: str, dcm2niix: str) -> dict[str, Callable[[Path], list[ReadVolume]]]:
    second = (
        {"highdicom": read_by_highdicom} if kind.startswith("enhanced") else {"itk": read_by_itk}
    )
    return {"dcm2niix": lambda folder: read_by_dcm2niix(dcm2niix, folder), **second}


def _covers(told: list[str], differ: Difference) -> bool:
    return any(re.search(_COVERING[differ], sentence) for sentence in told)


def _why_wrong(
    name: str, kind: str, change: Change, series: list[Series], agreeing: set[str], dcm2niix: str
) -> str:
    """Return why another program is wrong where it differs; "" where that cannot be said."""
    if change.keeps_meaning and not differences(series, _sound_reading(name, kind, dcm2niix)):
        return f"{name} does not understand the form of a value"
    if change.keyword == "ImagePositionPatient" and name in _ONE_STEP:
        return f"{name} has one step for all slices"
    if agreeing and (name, change.keyword) in _KNOWN:
        return f"{name}: {_KNOWN[name, change.keyword]}"
    return ""


@cache
def _sound_cautions(kind: str) -> frozenset[str]:
    """Return the cautions about a series before any mutation, which cover nothing."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "series"
        save(images_of(kind), folder)
        return frozenset(_read(folder)[1])


@cache
def _sound_reading(name: str, kind: str, dcm2niix: str) -> list[ReadVolume]:
    """Return what a program reads of the series before any mutation."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "series"
        save(images_of(kind), folder)
        return _readers(kind, dcm2niix)[name](folder)


def summed_up(count: int, seed: int, dcm2niix: str) -> dict[str, object]:
    """Judge mutants and count what became of them.

    Parameters
    ----------
    count : int
        How many, each way to mutate in turn.
    seed : int
        Of all choices.
    dcm2niix : str
        Path of the program.
    """
    verdicts: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    silent = []
    for number in range(count):
        outcome = judge_mutant(number, seed, dcm2niix)
        verdicts[outcome.verdict] += 1
        if outcome.verdict == "other program wrong":
            wrong.update(outcome.detail.split("; "))
        if outcome.verdict == "silent":
            silent.append(f"{outcome.mutant}: {outcome.detail}")
    return {
        "mutants": count,
        "verdicts": dict(verdicts),
        "other_program_wrong": dict(wrong.most_common()),
        "silent": silent,
    }
