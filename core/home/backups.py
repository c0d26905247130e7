"""Backups: one zip file of tables and files with their checksums, written and checked whole."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.dicom.errors import DicomError
from core.home.private_files import private_folder
from core.home.whole_files import written_whole
from core.kept_closed import Openable

TABLES, FILES, MASKS = "tables/", "files/", "masks/"
"""What the names of parts begin with that hold a table of the store, a file of the home, or a mask
for other programs, which is not put back: the tables hold it as well."""

_CONTENTS = "contents.json"
_FORMAT = "slicewise backup 1"
_CHUNK_BYTES = 2**20

_LEFT_OUT = ("temporary", "exports", "archive", "demo", "uploads")
_STORE = "annotations.db"

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    OSError,
)


class BackupError(DicomError):
    """A file that is no whole backup; the message is one sentence."""


@dataclass(frozen=True)
class Backup:
    """A backup that was checked whole.

    Attributes
    ----------
    file : zipfile.ZipFile
        Open for reading.
    revision : str
        Of the store's tables.
    parts : tuple of str
        Names of all parts, in the order of writing.
    """

    file: zipfile.ZipFile
    revision: str
    parts: tuple[str, ...]

    def lines(self, name: str) -> Iterator[bytes]:
        """Lines of a part."""
        with self.file.open(name) as part:
            yield from part


def write_backup(path: Path, revision: str, parts: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Write a backup, which is there as a whole and on the disk, or not at all.

    Parameters
    ----------
    path : pathlib.Path
        The file, which must not exist. Only its owner may read it.
    revision : str
        Of the store's tables.
    parts : iterable of (str, iterable of bytes)
        Names and what they hold, piece by piece.

    Raises
    ------
    BackupError
        If the file exists.
    WriteError
        If it cannot be written.
    """
    if path.exists():
        raise BackupError(f"{path} exists already; name a file that does not.")
    checksums: dict[str, str] = {}
    with written_whole(path) as unfinished:
        unfinished.touch(mode=0o600)
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as file:
            for name, pieces in parts:
                digest = hashlib.sha256()
                with file.open(name, "w", force_zip64=True) as part:
                    for piece in pieces:
                        digest.update(piece)
                        part.write(piece)
                checksums[name] = digest.hexdigest()
            contents = {"format": _FORMAT, "revision": revision, "parts": checksums}
            file.writestr(_CONTENTS, json.dumps(contents, indent=1))


@contextmanager
def checked_backup(path: Path) -> Iterator[Backup]:
    """Open a backup after reading all of it and comparing it with its checksums.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Yields
    ------
    Backup
        Open until the block ends.

    Raises
    ------
    BackupError
        If it is no backup, or not as it was written.
    """
    try:
        file = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise BackupError(f"{path} does not exist.") from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise BackupError(f"{path} is no backup of Slicewise, or only a part of one.") from error
    with file:
        try:
            contents = json.loads(file.read(_CONTENTS))
            if contents["format"] != _FORMAT:
                raise KeyError(_FORMAT)
            revision, checksums = str(contents["revision"]), dict(contents["parts"])
        except _UNREADABLE as error:
            raise BackupError(f"{path} is no backup of Slicewise.") from error
        try:
            is_whole = set(file.namelist()) == {*checksums, _CONTENTS} and all(
                _is_inside(name) and _checksum(file, name) == digest
                for name, digest in checksums.items()
            )
        except _UNREADABLE:
            is_whole = False
        if not is_whole:
            raise BackupError(f"{path} is damaged; use another backup.")
        yield Backup(file, revision, tuple(checksums))


def _is_inside(name: str) -> bool:
    """Tell whether a part is one that a backup holds, and its file one of the home."""
    for beginning in (TABLES, FILES, MASKS):
        if name.startswith(beginning):
            path = PurePosixPath(name.removeprefix(beginning))
            return not path.is_absolute() and ".." not in path.parts and "\\" not in name
    return False


def _checksum(file: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with file.open(name) as part:
        while chunk := part.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def kept_files(home: Path, *, uploads: bool) -> list[Path]:
    """Files of a home that a backup holds besides the store, relative to it.

    Left out are those that Slicewise makes again by itself: temporary files, exports, copies of the
    archive, and the demonstration series.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    uploads : bool
        Whether copies of uploads are among them.
    """
    left_out = set(_LEFT_OUT) - ({"uploads"} if uploads else set())
    found = []
    openable = Openable()
    for folder, folders, names in os.walk(home):
        if Path(folder) == home:
            folders[:] = sorted(set(folders) - left_out)
            names = [name for name in names if not name.startswith(_STORE)]
        found += [
            Path(folder, name).relative_to(home)
            for name in sorted(names)
            if not name.startswith(".")
            and not Path(folder, name).is_symlink()
            and openable.includes(Path(folder, name))
        ]
    return found


def pieces_of(path: Path) -> Iterator[bytes]:
    """What a file holds, piece by piece; nothing where it was deleted meanwhile."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except FileNotFoundError:
        return


def put_back(home: Path, backup: Backup) -> list[str]:
    """Write the files of a backup into a home; those that exist there stay as they are.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    backup : Backup
        Where they are.

    Returns
    -------
    list of str
        Paths of those that exist, relative to the home.
    """
    existing = []
    for part in backup.parts:
        if not part.startswith(FILES):
            continue
        target = home / part.removeprefix(FILES)
        if target.exists():
            existing.append(part.removeprefix(FILES))
            continue
        private_folder(target.parent)
        with written_whole(target) as unfinished, unfinished.open("wb") as written:
            for line in backup.lines(part):
                written.write(line)
    return existing
