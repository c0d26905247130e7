"""Exported files in the folder of a series: their names, numbers, and their writing."""

import contextlib
import secrets
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

from core.dicom.errors import DicomError
from core.dicom.files import integer_of, open_header, text_of
from core.dicom.series import Series, SeriesSummary
from core.formats.writing import FORMATS, WritingOptions, write_masks
from core.home.whole_files import written_whole
from core.segments.segment_masks import SegmentMasks

_ZIP = ".zip"
_NUMBERED_BY = ("Modality", "InstanceNumber")


@dataclass(frozen=True, eq=False)
class ReadingToWrite:
    """One reading of a series, as it is written.

    Attributes
    ----------
    segments : sequence of SegmentMasks
        At least one.
    options : WritingOptions
        With its people and its name; `instance_number` is set here.
    """

    segments: Sequence[SegmentMasks]
    options: WritingOptions


def export_masks(
    form: str,
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    folder: Path,
    series_key: str,
    options: WritingOptions,
) -> Path:
    """Write masks of a series as one new file of the folder with its exports.

    Parameters
    ----------
    form : str
        Name of one of `core.formats.writing.FORMATS`.
    series : Series or SeriesSummary
        What was annotated; its files must still be there.
    segments : sequence of SegmentMasks
        At least one.
    folder : pathlib.Path
        With the exports of the series so far, which give DICOM objects their number.
    series_key : str
        Stands for the series in file names.
    options : WritingOptions
        What else can be chosen; `instance_number` is set here, and the name of a reading becomes
        part of that of the file.

    Returns
    -------
    pathlib.Path
        The file; a zip where the format needs several.

    Raises
    ------
    DicomError
        As `write_masks` does.
    """
    chosen = FORMATS[form]
    options = replace(options, instance_number=_next_number(folder, form))
    path = folder / export_name(_shown_key(form, series_key), _ending(options, chosen.ending))
    written = write_masks(form, series, segments, path, options)
    if len(written) == 1:
        return written[0]
    name = export_name(
        _shown_key(form, series_key), _ending(options, f"{chosen.ending.removesuffix('.gz')}.zip")
    )
    return _packed(written, folder / name)


def export_readings(
    form: str,
    series: Series | SeriesSummary,
    readings: Sequence[ReadingToWrite],
    folder: Path,
    series_key: str,
) -> Path:
    """Write several readings of a series, a file for each, as one new zip.

    Parameters
    ----------
    form, series, folder, series_key
        As for `export_masks`.
    readings : sequence of ReadingToWrite
        Each has a name, which is that of its file: ``reading-1.dcm``.

    Returns
    -------
    pathlib.Path
        The zip.

    Raises
    ------
    DicomError
        As `write_masks` does.
    """
    ending = FORMATS[form].ending
    number = _next_number(folder, form)
    with tempfile.TemporaryDirectory(prefix=".readings-", dir=folder) as unpacked:
        written = []
        for place, one in enumerate(readings):
            options = replace(one.options, instance_number=number + place)
            path = Path(unpacked) / f"{_in_file_names(options.reading)}{ending}"
            written += write_masks(form, series, one.segments, path, options)
        name = export_name(_shown_key(form, series_key), f"-readings{ending}{_ZIP}")
        return _packed(written, folder / name)


def _packed(files: Sequence[Path], archive: Path) -> Path:
    """Put files into a zip, and remove them."""
    try:
        with written_whole(archive) as unfinished, zipfile.ZipFile(unfinished, "w") as file:
            for member in files:
                file.write(member, member.name)
    finally:
        for member in files:
            member.unlink(missing_ok=True)
    return archive


def _shown_key(form: str, series_key: str) -> str:
    return secrets.token_hex(4) if FORMATS[form].hides_series else series_key


def _ending(options: WritingOptions, ending: str) -> str:
    return f"-{_in_file_names(options.reading)}{ending}" if options.reading else ending


def _in_file_names(reading: str) -> str:
    return reading.replace(" ", "-")


def _next_number(folder: Path, form: str) -> int:
    modality = FORMATS[form].modality
    return next_instance_number(folder, modality) if modality else 1


def export_name(series_key: str, ending: str) -> str:
    """File name without anything of the patient: part of the series' key, and the time in UTC.

    To the microsecond: a file of the same second, perhaps another person's, must stay.
    """
    return f"slicewise-{series_key[:8]}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}{ending}"


def next_instance_number(folder: Path, modality: str) -> int:
    """Instance number for the next export of a series into a folder of its own.

    Parameters
    ----------
    folder : pathlib.Path
        With the exports so far.
    modality : str
        ``SEG`` or ``RTSTRUCT``; each has a DICOM series of its own.

    Returns
    -------
    int
        One above the highest so far, from 1.
    """
    numbers = [0]
    for header in _headers(folder):
        if text_of(header, "Modality") == modality:
            numbers.append(integer_of(header, "InstanceNumber") or 0)
    return 1 + max(numbers)


def _headers(folder: Path) -> Iterator[Dataset]:
    """Headers of the DICOM objects in a folder with exports, those in zips of readings too."""
    for path in folder.glob("*.dcm"):
        with contextlib.suppress(DicomError):
            yield open_header(path, _NUMBERED_BY)[0]
    for path in folder.glob(f"*-readings*.dcm{_ZIP}"):
        with contextlib.suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as file:
                    yield dcmread(file, specific_tags=[*_NUMBERED_BY], stop_before_pixels=True)
