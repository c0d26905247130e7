"""Copies of uploaded files under SLICEWISE_HOME.

They are kept under neutral names, for file names often hold patients' names. Neither the names nor
the sizes that a zip archive states are trusted.
"""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from core.dicom.budgets import MAX_ARCHIVE_ENTRIES, MAX_UPLOAD_BYTES
from core.dicom.errors import DicomError
from core.home.archives import Readable, is_archive, members_of
from core.home.private_files import private_folder

# The disk must not fill up: other people's annotations are stored on it.
_FREE_BYTES_KEPT = 2**30

_CHUNK_BYTES = 2**20
_IDENTIFIER = re.compile(r"[0-9a-f]{32}")
_UNFINISHED = ".part"
_LONGEST_UPLOAD = timedelta(days=1)


@dataclass(frozen=True)
class Upload:
    """A copy of what somebody uploaded: where, since when (UTC), and how many files."""

    identifier: str
    folder: Path
    created: datetime
    files: int


def store_upload(
    files: Iterable[tuple[str, BinaryIO]],
    home: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    quota_bytes: int | None = None,
) -> Upload:
    """Copy uploaded files, and what uploaded zip archives hold, to a folder of their own.

    Parameters
    ----------
    files : iterable of (name, binary stream)
        As uploaded. The name only serves to name a bad archive in a message.
    home : pathlib.Path
        SLICEWISE_HOME.
    progress : callable, optional
        Called with the files and the bytes stored so far.
    quota_bytes : int, optional
        How much the copies of all uploads may take together.

    Returns
    -------
    Upload
        Complete: after an error nothing is left.

    Raises
    ------
    DicomError
        When there is no file, an archive is damaged, encrypted, holds links or names that lead
        outside, or the upload is too large.
    """
    identifier = uuid.uuid4().hex
    uploads = uploads_folder(home)
    private_folder(uploads)
    unfinished = uploads / f"{identifier}{_UNFINISHED}"
    unfinished.mkdir(mode=0o700)
    try:
        room = None if quota_bytes is None else quota_bytes - _stored_bytes(uploads)
        if room is not None and room <= 0:
            raise DicomError("The copies of uploads take all the space they may; delete some.")
        count = copy_within_limits(
            _numbered(files, unfinished), unfinished, "upload", progress, room=room
        )
        if count == 0:
            raise DicomError("The upload holds no files; choose DICOM files or a zip of them.")
        unfinished.rename(uploads / identifier)
    except OSError as error:
        raise DicomError(f"The upload could not be stored: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return _upload(uploads / identifier)


def room_for_uploads(home: Path, quota_bytes: int) -> int:
    """Bytes that further uploads may take, by their quota and by the disk; not below 0.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    quota_bytes : int
        How much the copies of all uploads may take together.
    """
    uploads = uploads_folder(home)
    private_folder(uploads)
    free = shutil.disk_usage(uploads).free - _FREE_BYTES_KEPT
    return max(0, min(quota_bytes - _stored_bytes(uploads), free))


def list_uploads(home: Path) -> list[Upload]:
    """Return the stored uploads, the newest first."""
    uploads = uploads_folder(home)
    if not uploads.is_dir():
        return []
    found = [_upload(folder) for folder in uploads.iterdir() if _IDENTIFIER.fullmatch(folder.name)]
    return sorted(found, key=lambda upload: upload.created, reverse=True)


def delete_upload(identifier: str, home: Path) -> None:
    """Delete the copy of an upload for good; annotations of its series stay in the store.

    Raises
    ------
    DicomError
        When there is no such upload, or it cannot be deleted.
    """
    folder = uploads_folder(home) / identifier
    if not _IDENTIFIER.fullmatch(identifier) or not folder.is_dir():
        raise DicomError("There is no such upload any more.")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise DicomError(f"The upload could not be deleted: {error.strerror or error}.") from error


def delete_expired(
    lifetime: timedelta | None,
    home: Path,
    *,
    kept: Collection[Path] = (),
    now: datetime | None = None,
) -> list[Path]:
    """Delete copies of uploads that are older than they may be, and what broken uploads left.

    Parameters
    ----------
    lifetime : datetime.timedelta or None
        How long copies are kept; None deletes the leftovers only.
    home : pathlib.Path
        SLICEWISE_HOME.
    kept : collection of pathlib.Path
        Folders of uploads that stay whatever their age, because they are in use.
    now : datetime.datetime, optional
        With a zone; the present by default.

    Returns
    -------
    list of pathlib.Path
        Folders of the uploads that are gone. One that cannot be deleted stays for the next time.
    """
    now = now or datetime.now(UTC)
    expired = [
        upload.folder
        for upload in list_uploads(home)
        if lifetime is not None and now - upload.created > lifetime and upload.folder not in kept
    ]
    leftovers = [
        folder
        for folder in uploads_folder(home).glob(f"*{_UNFINISHED}")
        if now - datetime.fromtimestamp(folder.stat().st_mtime, UTC) > _LONGEST_UPLOAD
    ]
    for folder in (*expired, *leftovers):
        shutil.rmtree(folder, ignore_errors=True)
    return [folder for folder in expired if not folder.exists()]


def uploads_folder(home: Path) -> Path:
    """Return the folder that holds all uploads; it may not be there yet."""
    return home / "uploads"


def _upload(folder: Path) -> Upload:
    return Upload(
        identifier=folder.name,
        folder=folder,
        created=datetime.fromtimestamp(folder.stat().st_mtime, UTC),
        files=sum(1 for path in folder.iterdir() if path.is_file()),
    )


def copy_within_limits(
    streams: Iterable[tuple[Path, Readable]],
    folder: Path,
    what: str,
    progress: Callable[[int, int], None] | None = None,
    *,
    room: int | None = None,
) -> int:
    """Copy streams to new files as long as there is space for them.

    Parameters
    ----------
    streams : iterable of (pathlib.Path, Readable)
        Where each goes, below `folder`.
    folder : pathlib.Path
        It exists.
    what : str
        Name of the whole in messages, such as "upload".
    progress : callable, optional
        Called with the files and the bytes copied so far.
    room : int, optional
        Bytes that they may take at the most, besides what the disk and `MAX_UPLOAD_BYTES` allow.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    DicomError
        When there are too many or too large ones.
    """
    allowed = min(MAX_UPLOAD_BYTES, shutil.disk_usage(folder).free - _FREE_BYTES_KEPT)
    if room is not None:
        allowed = min(allowed, room)
    budget = allowed
    count = 0
    for path, stream in streams:
        count += 1
        if count > MAX_ARCHIVE_ENTRIES:
            raise DicomError(f"The {what} holds more than {MAX_ARCHIVE_ENTRIES:,} files; split it.")
        with open(path, "xb", opener=_private) as copy:
            while chunk := stream.read(_CHUNK_BYTES):
                budget -= len(chunk)
                if budget < 0:
                    raise DicomError(
                        f"The {what} is too large for the space there is; take one series only."
                    )
                copy.write(chunk)
        if progress is not None:
            progress(count, allowed - budget)
    return count


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _stored_bytes(uploads: Path) -> int:
    """Size of all uploads; asked for by every file that is received."""
    total = 0
    for folder in uploads.iterdir():
        try:
            if _IDENTIFIER.fullmatch(folder.name):
                total += _finished_bytes(folder, folder.stat().st_mtime_ns)
            else:
                total += _bytes_below(folder)
        except FileNotFoundError:  # it is being deleted, or has just been finished
            continue
    return total


@lru_cache(maxsize=4096)
def _finished_bytes(folder: Path, _changed_ns: int) -> int:
    return _bytes_below(folder)


def _bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _numbered(
    files: Iterable[tuple[str, BinaryIO]], folder: Path
) -> Iterator[tuple[Path, Readable]]:
    for number, stream in enumerate(_streams(files), start=1):
        yield folder / f"{number:06d}", stream


def _streams(files: Iterable[tuple[str, BinaryIO]]) -> Iterator[Readable]:
    for name, stream in files:
        if is_archive(stream):
            for _, member in members_of(PurePosixPath(name).name, stream):
                yield member
        else:
            yield stream
