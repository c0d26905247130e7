"""Copies of uploaded files under SLICEWISE_HOME.

They are kept under neutral names, for file names often hold patients' names. Neither the names nor
the sizes that a zip archive states are trusted.
"""

import os
import re
import shutil
import stat
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, Protocol

from core.dicom.errors import DicomError

MAX_UPLOAD_BYTES = 16 * 2**30
"""Largest upload, unpacked."""

MAX_UPLOAD_FILES = 100_000
"""Most files in one upload."""

# Deflate reaches about 1000:1 on nothing but zeros; images with a blank background reach 50:1.
_MAX_ARCHIVE_RATIO = 200
_RATIO_CHECKED_FROM_BYTES = 64 * 2**20

# The disk must not fill up: other people's annotations are stored on it.
_FREE_BYTES_KEPT = 2**30

_CHUNK_BYTES = 2**20
_ZIP_MAGIC = b"PK\x03\x04"
_ZIP_EMPTY_MAGIC = b"PK\x05\x06"
_IDENTIFIER = re.compile(r"[0-9a-f]{32}")
_ENCRYPTED_FLAG = 0x1
_UNFINISHED = ".part"
_LONGEST_UPLOAD = timedelta(days=1)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


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
    uploads = _uploads_folder(home)
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = uploads / f"{identifier}{_UNFINISHED}"
    unfinished.mkdir(mode=0o700)
    try:
        count = _copy_all(files, unfinished, progress)
        if count == 0:
            raise DicomError("The upload holds no files; choose DICOM files or a zip of them.")
        unfinished.rename(uploads / identifier)
    except OSError as error:
        raise DicomError(f"The upload could not be stored: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return _upload(uploads / identifier)


def list_uploads(home: Path) -> list[Upload]:
    """Return the stored uploads, the newest first."""
    uploads = _uploads_folder(home)
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
    folder = _uploads_folder(home) / identifier
    if not _IDENTIFIER.fullmatch(identifier) or not folder.is_dir():
        raise DicomError("There is no such upload any more.")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise DicomError(f"The upload could not be deleted: {error.strerror or error}.") from error


def delete_expired(
    lifetime: timedelta | None, home: Path, *, now: datetime | None = None
) -> list[Path]:
    """Delete copies of uploads that are older than they may be, and what broken uploads left.

    Parameters
    ----------
    lifetime : datetime.timedelta or None
        How long copies are kept; None deletes the leftovers only.
    home : pathlib.Path
        SLICEWISE_HOME.
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
        if lifetime is not None and now - upload.created > lifetime
    ]
    leftovers = [
        folder
        for folder in _uploads_folder(home).glob(f"*{_UNFINISHED}")
        if now - datetime.fromtimestamp(folder.stat().st_mtime, UTC) > _LONGEST_UPLOAD
    ]
    for folder in (*expired, *leftovers):
        shutil.rmtree(folder, ignore_errors=True)
    return [folder for folder in expired if not folder.exists()]


def _uploads_folder(home: Path) -> Path:
    return home / "uploads"


def _upload(folder: Path) -> Upload:
    return Upload(
        identifier=folder.name,
        folder=folder,
        created=datetime.fromtimestamp(folder.stat().st_mtime, UTC),
        files=sum(1 for path in folder.iterdir() if path.is_file()),
    )


def _copy_all(
    files: Iterable[tuple[str, BinaryIO]],
    folder: Path,
    progress: Callable[[int, int], None] | None,
) -> int:
    allowed = min(MAX_UPLOAD_BYTES, shutil.disk_usage(folder).free - _FREE_BYTES_KEPT)
    budget = allowed
    count = 0
    for stream in _streams(files):
        count += 1
        if count > MAX_UPLOAD_FILES:
            raise DicomError(f"The upload holds more than {MAX_UPLOAD_FILES:,} files; split it.")
        with (folder / f"{count:06d}").open("xb") as copy:
            while chunk := stream.read(_CHUNK_BYTES):
                budget -= len(chunk)
                if budget < 0:
                    raise DicomError(
                        "The upload is too large for the space there is; upload one series only."
                    )
                copy.write(chunk)
        if progress is not None:
            progress(count, allowed - budget)
    return count


def _streams(files: Iterable[tuple[str, BinaryIO]]) -> Iterator[_Readable]:
    for name, stream in files:
        beginning = stream.read(len(_ZIP_MAGIC))
        stream.seek(0)
        if beginning in (_ZIP_MAGIC, _ZIP_EMPTY_MAGIC):
            yield from _members(PurePosixPath(name).name, stream)
        else:
            yield stream


def _members(name: str, archive_stream: BinaryIO) -> Iterator[_Readable]:
    """Open the files of an archive one by one."""
    compressed = archive_stream.seek(0, os.SEEK_END)
    allowance = max(_RATIO_CHECKED_FROM_BYTES, compressed * _MAX_ARCHIVE_RATIO)
    with _archive_errors(name), zipfile.ZipFile(archive_stream) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in members:
            _check_member(member, name)
        for member in members:
            with archive.open(member) as stream:
                limited = _Limited(stream, allowance, name)
                yield limited
                allowance = limited.allowance


@contextmanager
def _archive_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DicomError(
            f"The archive {name} is damaged or packed in an unusual way; pack it again as zip."
        ) from error


class _Limited:
    """A member of an archive, which stops once it has given more than it may."""

    def __init__(self, stream: _Readable, allowance: int, name: str) -> None:
        self._stream = stream
        self._name = name
        self.allowance = allowance

    def read(self, size: int, /) -> bytes:
        with _archive_errors(self._name):
            chunk = self._stream.read(size)
        self.allowance -= len(chunk)
        if self.allowance < 0:
            raise DicomError(
                f"The archive {self._name} unpacks to far more than images do and is refused."
            )
        return chunk


def _check_member(member: zipfile.ZipInfo, name: str) -> None:
    """Refuse what honest archives do not hold, although no name in them is ever used."""
    path = member.filename
    leads_outside = (
        ".." in PurePosixPath(path).parts
        or ".." in PureWindowsPath(path).parts
        or PurePosixPath(path).is_absolute()
        or bool(PureWindowsPath(path).anchor)
    )
    if leads_outside:
        raise DicomError(f"The archive {name} holds a name that leads outside and is refused.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise DicomError(f"The archive {name} holds a link and is refused; pack the files instead.")
    if member.flag_bits & _ENCRYPTED_FLAG:
        raise DicomError(f"The archive {name} is encrypted; upload it without a password.")
