"""Exported files in the folder of a series: their names, numbers, and their writing."""

import secrets
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.dicom.errors import DicomError
from core.dicom.files import integer_of, open_header, text_of
from core.dicom.series import Series, SeriesSummary
from core.formats.writing import FORMATS, WritingOptions, write_masks
from core.home.whole_files import written_whole
from core.segments.segment_masks import SegmentMasks


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
        What else can be chosen; `instance_number` is set here.

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
    key = secrets.token_hex(4) if chosen.hides_series else series_key
    if chosen.modality:
        number = next_instance_number(folder, chosen.modality)
        options = replace(options, instance_number=number)
    path = folder / export_name(key, chosen.ending)
    written = write_masks(form, series, segments, path, options)
    if len(written) == 1:
        return written[0]
    archive = folder / export_name(key, f"{chosen.ending.removesuffix('.gz')}.zip")
    with written_whole(archive) as unfinished, zipfile.ZipFile(unfinished, "w") as file:
        for member in written:
            file.write(member, member.name)
    for member in written:
        member.unlink()
    return archive


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
    for path in folder.glob("*.dcm"):
        try:
            header, _ = open_header(path, ("Modality", "InstanceNumber"))
        except DicomError:
            continue
        if text_of(header, "Modality") == modality:
            numbers.append(integer_of(header, "InstanceNumber") or 0)
    return 1 + max(numbers)
