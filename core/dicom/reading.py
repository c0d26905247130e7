"""Finding DICOM series in files and folders, and reading their pixels."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from core.dicom.budgets import voxel_limit
from core.dicom.dicomdir import DIRECTORY_KIND, listed_files, missing_images
from core.dicom.errors import DamagedError, DicomError, NotAnImageError
from core.dicom.files import NotDicomError, file_label, open_header
from core.dicom.grouping import group_headers
from core.dicom.header_reading import read_header
from core.dicom.headers import Header
from core.dicom.pixels import read_frames, windows
from core.dicom.series import Series, SeriesSummary, Window
from core.dicom.shown_names import printable
from core.dicom.volume_memory import empty_volume
from core.kept_closed import Openable

Progress = Callable[[int, int], None]
"""Called with how many files or slices are done, and how many there are."""

_WINDOW_TAGS = (
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)


@dataclass(frozen=True)
class Skipped:
    """A file that holds no slice, and one sentence that says why.

    `kind` names a sound DICOM object that holds no image to annotate, or an archive that is not
    looked into; "" for all other files.
    """

    path: Path
    reason: str
    is_dicom: bool
    kind: str = ""


@dataclass(frozen=True)
class Findings:
    """What a folder holds: series, and the files that belong to none.

    `cautions` are sentences about images that belong to none of the series that were found.
    """

    series: tuple[SeriesSummary, ...]
    skipped: tuple[Skipped, ...]
    cautions: tuple[str, ...] = ()

    @property
    def passed_over(self) -> str:
        """Count of the sound objects that hold no image, by kind; "" where there are none."""
        kinds = Counter(file.kind for file in self.skipped if file.kind)
        return ", ".join(f"{number} × {kind}" for kind, number in sorted(kinds.items()))


def find_series(
    paths: Path | str | Iterable[Path | str], progress: Progress | None = None
) -> list[SeriesSummary]:
    """Find the image series in files and folders, whatever the files are called.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, or folders that are searched through all levels. A DICOMDIR given by itself stands
        for the files that it lists.
    progress : callable, optional
        Called with (files read, files there are).

    Returns
    -------
    list of SeriesSummary
        At least one.

    Raises
    ------
    DicomError
        When a path does not exist or no series is found; the message says what was found instead.
    """
    return list(find_with_rest(paths, progress).series)


def find_with_rest(
    paths: Path | str | Iterable[Path | str], progress: Progress | None = None
) -> Findings:
    """Find the image series as `find_series` does, and return the files left out as well.

    Raises
    ------
    DicomError
        When a path does not exist or no series is found; the message says what was found instead.
    """
    findings = look_through(paths, progress)
    if findings.series:
        return findings
    # A lone file explains itself; among many, the first that is DICOM at all says the most.
    skipped = findings.skipped
    candidates = [file for file in skipped if file.is_dicom]
    candidates = candidates or list(skipped if len(skipped) == 1 else ())
    if len(candidates) == 1:
        raise DicomError(candidates[0].reason)
    if candidates:
        raise DicomError(
            f"No DICOM images among {len(skipped)} files; the first that is DICOM: "
            f"{candidates[0].reason}"
        )
    raise DicomError(
        f"No DICOM images among {len(skipped)} files; choose the folder that holds them."
    )


def look_through(
    paths: Path | str | Iterable[Path | str], progress: Progress | None = None
) -> Findings:
    """Find the image series in files and folders, and say why other files are none.

    Unlike `find_series`, this returns the files left out as well, and finding no series is no
    error.
    """
    paths = [paths] if isinstance(paths, str | Path) else list(paths)
    files = _files_below(paths)
    headers: list[Header] = []
    skipped: list[Skipped] = []
    damaged: list[tuple[str | None, str]] = []
    for number, path in enumerate(files, start=1):
        try:
            headers.append(read_header(path))
        except DicomError as error:
            is_dicom = not isinstance(error, NotDicomError)
            kind = error.kind if isinstance(error, NotAnImageError | NotDicomError) else ""
            skipped.append(Skipped(path, str(error), is_dicom, kind))
            if isinstance(error, DamagedError):
                damaged.append((error.series_key, str(error)))
            elif is_dicom and not isinstance(error, NotAnImageError):
                damaged.append((None, str(error)))
        if progress is not None:
            progress(number, len(files))
    summaries = tuple(_with_damage(headers, damaged))
    return _with_missing(Findings(summaries, tuple(skipped)), paths, headers)


def _with_missing(
    findings: Findings, paths: Iterable[Path | str], headers: list[Header]
) -> Findings:
    """Say of each series how many of its images a DICOMDIR, given or found, lists in vain."""
    directories = [file.path for file in findings.skipped if file.kind == DIRECTORY_KIND]
    directories += filter(Openable().includes, map(Path, paths))
    found = {header.sop_instance_uid for header in headers}
    known = {header.series_uid for header in headers}
    sentences: dict[str, list[str]] = defaultdict(list)
    cautions = []
    for path in dict.fromkeys(directories):
        missing = missing_images(path, found)
        for series_uid in known & set(missing):
            sentences[series_uid].append(missing[series_uid])
        if lost := len(set(missing) - known):
            cautions.append(
                f"{file_label(path)} lists {lost} series more, none of whose images can be read."
            )
    if not sentences and not cautions:
        return findings
    series = tuple(
        replace(summary, problems=(*summary.problems, *sentences[summary.series_instance_uid]))
        for summary in findings.series
    )
    return replace(findings, series=series, cautions=tuple(cautions))


def read_series(
    summary: SeriesSummary, progress: Progress | None = None, *, leave_out_damaged: bool = False
) -> Series:
    """Read and decode the pixels of a series.

    Parameters
    ----------
    summary : SeriesSummary
        From `find_series`.
    progress : callable, optional
        Called with (slices read, slices there are).
    leave_out_damaged : bool
        Open the series without the files that `summary.damaged` names, instead of refusing it.

    Raises
    ------
    DicomError
        When a file is damaged, is gone, has changed, or cannot be decoded.
    """
    check_readable(summary, leave_out_damaged=leave_out_damaged)
    volume = np.empty(0)
    for done, (_, filled) in enumerate(fill_volume(summary), start=1):
        volume = filled
        if progress is not None:
            progress(done, summary.slices)
    return Series(summary=summary, volume=volume, windows=suggested_windows(summary))


def check_readable(summary: SeriesSummary, *, leave_out_damaged: bool) -> None:
    """Refuse a series that should not be read, by its headers alone.

    Raises
    ------
    DicomError
        When files of it are damaged, unless they are to be left out, or it is too large.
    """
    if summary.damaged and not leave_out_damaged:
        raise DicomError(summary.damaged[0])
    file_bytes = sum(path.stat().st_size for path in summary.files if path.exists())
    if summary.slices * summary.rows * summary.columns > voxel_limit(file_bytes):
        raise DicomError(
            f"The series of {summary.slices} slices of {summary.rows} × {summary.columns} pixels "
            "is too large to open; open a part of its files."
        )


def fill_volume(
    summary: SeriesSummary, first: int | None = None, folder: Path | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Decode the slices of a series into a volume, one by one.

    Parameters
    ----------
    summary : SeriesSummary
        From `find_series`.
    first : int, optional
        Slice to begin with, going outwards from there; by default from the first to the last.
    folder : pathlib.Path, optional
        Where a file holds the volume; by default it lies in memory.

    Yields
    ------
    index : int
        The slice that has just been decoded.
    volume : numpy.ndarray, shape (slices, rows, columns)
        The same array again and again, of int16, until a value does not fit: then another one, of
        float32. Slices that were not named yet hold nothing meaningful.

    Raises
    ------
    DicomError
        When a file is damaged, is gone, has changed, or cannot be decoded, or there is no space.
    """
    shape = summary.slices, summary.rows, summary.columns
    volume = empty_volume(shape, np.int16, folder)
    for index, values in read_slices(summary, first):
        if volume.dtype == np.int16 and not _fits_int16(values):
            whole, volume = volume, empty_volume(shape, np.float32, folder)
            volume[...] = whole
        volume[index] = values
        yield index, volume


def read_slices(
    summary: SeriesSummary, first: int | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Decode the slices of a series one by one, each file opened once.

    Parameters
    ----------
    summary : SeriesSummary
        From `find_series`.
    first : int, optional
        Slice to begin with, going outwards from there; by default from the first to the last.

    Yields
    ------
    index : int
        Position of the slice; with multi-frame files in the order of the files.
    values : numpy.ndarray, shape (rows, columns)
        Modality units.
    """
    indices = sorted(range(summary.slices), key=lambda index: abs(index - (first or 0)))
    if len(summary.files) < summary.slices:
        turns = {
            path: turn
            for turn, path in enumerate(
                dict.fromkeys(summary.records[index].path for index in indices)
            )
        }
        indices.sort(key=lambda index: turns[summary.records[index].path])
    for path, members in groupby(indices, key=lambda index: summary.records[index].path):
        wanted = list(members)
        records = [summary.records[index] for index in wanted]
        frames = read_frames(path, records, summary.rows, summary.columns)
        for index, values in zip(wanted, frames, strict=True):
            yield index, _in_units(summary, values)


def read_slice(summary: SeriesSummary, index: int) -> np.ndarray:
    """Decode one slice.

    Parameters
    ----------
    summary : SeriesSummary
        From `find_series`.
    index : int
        Position of the slice.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        Modality units.

    Raises
    ------
    DicomError
        When its file is damaged, is gone, has changed, or cannot be decoded.
    """
    record = summary.records[index]
    return _in_units(
        summary, next(read_frames(record.path, [record], summary.rows, summary.columns))
    )


def _in_units(summary: SeriesSummary, values: np.ndarray) -> np.ndarray:
    return values if summary.unit_factor == 1 else values * np.float32(summary.unit_factor)


def _files_below(paths: Iterable[Path | str]) -> list[Path]:
    files: list[Path] = []
    openable = Openable()
    for path in map(Path, paths):
        if path.is_dir():
            files.extend(sorted(filter(openable.includes, path.rglob("*"))))
        elif path.is_file():
            if openable.includes(path):
                files.extend(filter(openable.includes, listed_files(path) or [path]))
        else:
            raise DicomError(f"There is no file or folder {printable(str(path))}.")
    return list(dict.fromkeys(files))


def _with_damage(
    headers: list[Header], damaged: list[tuple[str | None, str]]
) -> Iterator[SeriesSummary]:
    """Add to each series the broken files that name it, or that name no series at all.

    A file that names none may hold a slice of any, so every series has to ask for it.
    """
    uids_by_key = {header.series_key: header.series_uid for header in headers}
    for summary in group_headers(headers):
        sentences = tuple(
            sentence
            for key, sentence in damaged
            if key is None or uids_by_key.get(key) == summary.series_instance_uid
        )
        yield replace(summary, damaged=sentences) if sentences else summary


def _fits_int16(values: np.ndarray) -> bool:
    if values.dtype.kind not in "iu":
        return False
    if np.can_cast(values.dtype, np.int16):
        return True
    limits = np.iinfo(np.int16)
    return limits.min <= int(values.min()) and int(values.max()) <= limits.max


def suggested_windows(summary: SeriesSummary) -> tuple[Window, ...]:
    """Return the windows that the file of the middle slice suggests; often one, sometimes none."""
    record = summary.records[summary.slices // 2]
    dataset, _ = open_header(record.path, _WINDOW_TAGS)
    return tuple(
        replace(
            window,
            center=window.center * summary.unit_factor,
            width=window.width * summary.unit_factor,
        )
        for window in windows(dataset, (record.frame or 1) - 1)
    )
