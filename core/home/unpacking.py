"""Zip archives in the place of folders: unpacked to a temporary folder while they are worked on."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.dicom.errors import DicomError
from core.dicom.shown_names import printable
from core.dicom.untrusted_paths import existing_below
from core.home.archives import is_archive, members_of
from core.home.uploads import copy_within_limits

_LONGEST_NAME_BYTES = 255

_LEFT_BY_MACOS = "__MACOSX"

# Arrays of NumPy are zip archives that are read as they are.
_READ_AS_THEY_ARE = (".npz",)


def is_packed_folder(path: Path) -> bool:
    """Tell whether a path is a zip archive that stands for a folder."""
    if not path.is_file() or path.suffix in _READ_AS_THEY_ARE:
        return False
    with path.open("rb") as stream:
        return is_archive(stream)


@contextmanager
def unpacked(path: Path, within: Path) -> Iterator[Path]:
    """Unpack an archive to a folder of its name that only its owner may read, and delete it.

    Archives inside it are left as they are.

    Parameters
    ----------
    path : pathlib.Path
        A zip archive.
    within : pathlib.Path
        Where temporary files lie.

    Yields
    ------
    pathlib.Path
        The folder, gone afterwards.

    Raises
    ------
    DicomError
        When the archive is damaged, encrypted, empty or too large, or holds links or names that
        lead outside.
    """
    with tempfile.TemporaryDirectory(
        prefix="slicewise-", dir=within, ignore_cleanup_errors=True
    ) as place:
        folder = Path(place) / (path.stem or "archive")
        folder.mkdir()
        with path.open("rb") as stream:
            members = members_of(path.name, stream)
            targets = (
                (_free_path(folder, name, number), member)
                for number, (name, member) in enumerate(members, start=1)
            )
            if copy_within_limits(targets, folder, "archive") == 0:
                raise DicomError(f"The archive {printable(path.name)} holds no files.")
        yield _packed_folder(folder)


def _packed_folder(folder: Path) -> Path:
    """Return the folder that was packed, which is in the archive itself where it has its name."""
    members = [member.name for member in folder.iterdir() if member.name != _LEFT_BY_MACOS]
    within = folder / folder.name
    return within if members == [folder.name] and within.is_dir() else folder


def _free_path(folder: Path, name: str, number: int) -> Path:
    """Return where a file of an archive goes, its folders made: under its name if that is free."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", ".", "..")]
    wanted = folder.joinpath(*parts)
    is_possible = parts and all(
        len(part.encode("utf-8", "surrogateescape")) <= _LONGEST_NAME_BYTES for part in parts
    )
    try:
        if is_possible and not wanted.exists():
            wanted.parent.mkdir(parents=True, exist_ok=True)
            if existing_below(wanted.parent, [folder]) is not None:
                return wanted
    except OSError:  # a file where a folder should be, or a path that is too long
        pass
    numbered = folder / f"{number:06d}"
    return numbered if not numbered.exists() else folder / f"{number:06d}-{uuid.uuid4().hex}"
