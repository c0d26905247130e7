"""Folders of the server that people may open, and may have exports written to."""

from collections.abc import Sequence
from pathlib import Path

from core.dicom.errors import DicomError


def server_files(folder: Path | str, roots: Sequence[Path]) -> list[Path]:
    """Return the files in a server folder, if it may be opened.

    Links are followed only as far as they stay below the configured folders.

    Parameters
    ----------
    folder : path
        A folder, or one file.
    roots : sequence of pathlib.Path
        Folders below which files may be opened, from `core.home.settings.data_roots`.

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
    try:
        resolved = Path(folder).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        resolved = None
    if resolved is None or not _is_below(resolved, roots):
        raise DicomError(
            "There is no such folder among those that may be opened: "
            f"{', '.join(str(root) for root in roots)} and what is below."
        )
    if resolved.is_file():
        return [resolved]
    return sorted(
        path for path in resolved.rglob("*") if path.is_file() and _is_below(path.resolve(), roots)
    )


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
    folder = Path(text.strip() or ".").expanduser().resolve()
    allowed = [home, *roots]
    if not folder.is_dir() or not _is_below(folder, allowed):
        names = ", ".join(str(root) for root in allowed)
        raise DicomError(f"There is no such folder among those that may be written to: {names}.")
    return folder


def _is_below(path: Path, roots: Sequence[Path]) -> bool:
    return any(path.is_relative_to(root) for root in roots)
