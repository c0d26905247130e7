"""Series of the archive that are kept under SLICEWISE_HOME for a while.

Each has a folder of its own with one file for each instance; the names identify no patient. Every
file is complete or missing, so a fetch that broke off continues with what is missing.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydicom.dataset import Dataset

from core.dicom.errors import DicomError
from core.dicom.files import open_header, text_of
from core.home.private_files import private_folder
from core.home.whole_files import WriteError, written_whole
from core.pacs.dicomweb import instance_uids, retrieve
from core.pacs.settings import Archive, ArchiveError, Cache

Progress = Callable[[int, int], None]
"""Called with how many instances are here, and how many there are."""

_DIGEST_BYTES = 16
_FREE_BYTES_KEPT = 2**30


@dataclass(frozen=True)
class KeptSeries:
    """A copy of a series, or of the part of it that has arrived.

    `used` is when it was last opened (UTC), `size` in bytes.
    """

    folder: Path
    used: datetime
    files: int
    size: int


def fetch_series(
    archive: Archive,
    study_uid: str,
    series_uid: str,
    home: Path,
    progress: Progress | None = None,
) -> Path:
    """Fetch the instances of a series that are not kept here yet.

    Parameters
    ----------
    archive : Archive
        From `read_archive`.
    study_uid, series_uid : str
        As a search returns them.
    home : pathlib.Path
        SLICEWISE_HOME.
    progress : callable, optional
        Called with (instances here, instances there are).

    Returns
    -------
    pathlib.Path
        Folder with all instances of the series.

    Raises
    ------
    ArchiveError
        When the archive does not give all of them, or they do not fit. What has arrived is kept.
    """
    wanted = instance_uids(archive, study_uid, series_uid)
    folder = kept_folder(home, study_uid, series_uid)
    try:
        private_folder(folder)
        os.utime(folder)
        tidy(home, archive.cache, keep=folder)
        try:
            _fetch_missing(archive, study_uid, series_uid, folder, wanted, progress)
        finally:
            tidy(home, archive.cache, keep=folder)
    except OSError as error:
        raise ArchiveError(
            f"The series cannot be kept here: {error.strerror or 'disk error'}."
        ) from None
    return folder


def kept_folder(home: Path, study_uid: str, series_uid: str) -> Path:
    """Return where a series of the archive is kept, whether it is there or not."""
    return home / "archive" / _digest(f"{study_uid}/{series_uid}")


def list_kept(home: Path) -> list[KeptSeries]:
    """Return the series that are kept here, the most recently used first."""
    folders = (home / "archive").iterdir() if (home / "archive").is_dir() else ()
    kept = []
    for folder in folders:
        # Somebody else may be deleting it right now.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            kept.append(_kept(folder))
    return sorted(kept, key=lambda one: one.used, reverse=True)


def delete_kept(home: Path, name: str) -> None:
    """Delete the copy of a series; annotations stay in the store.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    name : str
        Of its folder.

    Raises
    ------
    ArchiveError
        When there is none of this name, or it cannot be deleted.
    """
    for one in list_kept(home):
        if one.folder.name == name:
            try:
                shutil.rmtree(one.folder)
            except OSError as error:
                raise ArchiveError(
                    f"The copy could not be deleted: {error.strerror or 'disk error'}."
                ) from None
            return
    raise ArchiveError("There is no such copy any more.")


def tidy(home: Path, limits: Cache, keep: Path | None = None) -> None:
    """Delete series that are too old, then the least recently used until the rest is small enough.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    limits : Cache
        Bounds.
    keep : pathlib.Path, optional
        Folder that stays whatever its age and size.
    """
    oldest = datetime.now(UTC) - timedelta(days=limits.days)
    room = limits.gigabytes * 1e9
    for one in list_kept(home):
        room -= one.size
        if one.folder != keep and (one.used < oldest or room < 0):
            shutil.rmtree(one.folder, ignore_errors=True)
            room += one.size


def _fetch_missing(
    archive: Archive,
    study_uid: str,
    series_uid: str,
    folder: Path,
    wanted: list[str],
    progress: Progress | None,
) -> None:
    missing = [uid for uid in wanted if not (folder / _digest(uid)).exists()]
    room = min(
        archive.cache.gigabytes * 1e9 - _kept(folder).size,
        shutil.disk_usage(folder).free - _FREE_BYTES_KEPT,
    )
    whole = len(missing) == len(wanted)
    while missing:
        if progress is not None:
            progress(len(wanted) - len(missing), len(wanted))
        before = len(missing)
        for dataset in retrieve(archive, study_uid, series_uid, list(missing), whole):
            uid, size = _keep(dataset, folder, archive.name)
            room -= size
            if room < 0:
                (folder / _digest(uid)).unlink()
                raise ArchiveError(
                    "The series does not fit on this machine; raise cache.gigabytes in "
                    "archive.toml, or free the disk."
                )
            if uid in missing:
                missing.remove(uid)
            if progress is not None:
                progress(len(wanted) - len(missing), len(wanted))
        if len(missing) == before:
            raise ArchiveError(
                f"The {archive.name} lists {len(missing)} images that it does not give; try again."
            )
        whole = False
    if progress is not None:
        progress(len(wanted), len(wanted))


def _keep(dataset: Dataset, folder: Path, archive_name: str) -> tuple[str, int]:
    """Write an instance, and return its UID and size; refuse one that is cut."""
    uid = text_of(dataset, "SOPInstanceUID") or text_of(
        dataset.file_meta, "MediaStorageSOPInstanceUID"
    )
    path = folder / _digest(uid)
    try:
        with written_whole(path) as unfinished:
            dataset.save_as(unfinished, enforce_file_format=True)
            _, pixel_data = open_header(unfinished)
            if pixel_data is not None and pixel_data.is_cut:
                raise ArchiveError(
                    f"The {archive_name} broke off in the middle of a file; try again."
                )
    except ArchiveError:
        raise
    except WriteError as error:
        raise ArchiveError(f"The series cannot be kept here: {error.reason}.") from None
    except (DicomError, ValueError, TypeError, AttributeError):
        raise ArchiveError(
            f"The {archive_name} gives a file that is damaged; ask who runs it."
        ) from None
    return uid, path.stat().st_size


def _kept(folder: Path) -> KeptSeries:
    sizes = [path.stat().st_size for path in folder.iterdir() if path.is_file()]
    used = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    return KeptSeries(folder, used, len(sizes), sum(sizes))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
