"""Folders of the server that people may open, and may have exports written to."""

from collections.abc import Sequence
from pathlib import Path

from core.dicom.errors import DicomError
from core.dicom.untrusted_paths import existing_below


def server_files(folder: Path | str, roots: Sequence[Path], home: Path) -> list[Path]:
    """Return the files in a server folder, if it may be opened.

    Links are followed only as far as they stay below the configured folders. What lies in
    SLICEWISE_HOME is left out, unless a configured folder lies in it: there are the store and what
    other people have uploaded.

    Parameters
    ----------
    folder : path
        A folder, or one file.
    roots : sequence of pathlib.Path
        Folders below which files may be opened, from `core.home.settings.data_roots`.
    home : pathlib.Path
        SLICEWISE_HOME.

    Returns
    -------
    list of pathlib.Path
        Resolved and sorted.

    Raises
    ------
    DicomError
        When no folders are configured, or this one is missing or not below them. The message is
        the same for both, so that nobody can find out what exists elsewhere.
    """
    if not roots:
        raise DicomError(
            "No server folders may be opened; set SLICEWISE_DATA_ROOTS, or upload files instead."
        )
    own = home.resolve()
    within_own = [root for root in roots if own in root.resolve().parents]

    def openable(path: Path | str) -> Path | None:
        found = existing_below(path, roots)
        is_own = found is not None and found.is_relative_to(own)
        return existing_below(path, within_own) if is_own else found

    resolved = openable(folder)
    if resolved is None:
        raise DicomError(
            "There is no such folder among those that may be opened: "
            f"{', '.join(str(root) for root in roots)} and what is below."
        )
    if resolved.is_file():
        return [resolved]
    found = map(openable, resolved.rglob("*"))
    return sorted({path for path in found if path is not None and path.is_file()})


def named_folder(text: str, roots: Sequence[Path]) -> Path:
    """Return the folder that a person means by a path, or by a name below the configured folders.

    Parameters
    ----------
    text : str
        What the person typed.
    roots : sequence of pathlib.Path
        Folders in which a name is looked for, the first that has it.

    Returns
    -------
    pathlib.Path
        Not checked: `server_files` tells whether it may be opened.
    """
    path = Path(text.strip())
    if path.is_absolute():
        return path
    below = (root / path for root in roots)
    return next((one for one in below if existing_below(one, roots) is not None), path)


def writable_folder(text: str, home: Path, roots: Sequence[Path]) -> Path:
    """Return the server folder that a person typed, if files may be written to it.

    Parameters
    ----------
    text : str
        What the person typed.
    home : pathlib.Path
        SLICEWISE_HOME.
    roots : sequence of pathlib.Path
        Further folders below which files may be written, from `core.home.settings.data_roots`.

    Returns
    -------
    pathlib.Path
        Resolved; it exists.

    Raises
    ------
    DicomError
        If it does not exist or lies elsewhere.
    """
    allowed = [home, *roots]
    folder = existing_below(named_folder(text, allowed), allowed) if text.strip() else None
    if folder is None or not folder.is_dir():
        names = ", ".join(str(root) for root in allowed)
        raise DicomError(f"There is no such folder among those that may be written to: {names}.")
    return folder
