"""DICOMDIR: the table of contents on exchange media (PS3.3 F.3)."""

from pathlib import Path

from pydicom.uid import MediaStorageDirectoryStorage

from core.dicom.errors import DicomError
from core.dicom.files import file_label, items_of, open_header, text_of, value_of

_BEGINNING_BYTES = 1024


def listed_files(path: Path) -> list[Path]:
    """Return the files that a DICOMDIR lists, as far as they are there.

    Names that lead outside the folder of the DICOMDIR are left out, and so are links to there.

    Parameters
    ----------
    path : pathlib.Path
        Any file.

    Returns
    -------
    list of pathlib.Path
        Empty where the file is no DICOMDIR.

    Raises
    ------
    DicomError
        When it is one, and none of the files that it lists is there.
    """
    # Most files are none, which this shows without parsing them.
    with path.open("rb") as file:
        if MediaStorageDirectoryStorage.encode() not in file.read(_BEGINNING_BYTES):
            return []
    dataset, _ = open_header(path, ("DirectoryRecordSequence",))
    if text_of(dataset.file_meta, "MediaStorageSOPClassUID") != MediaStorageDirectoryStorage:
        return []
    folder = path.resolve().parent
    found = []
    for record in items_of(dataset, "DirectoryRecordSequence"):
        parts = value_of(record, "ReferencedFileID")
        names = [parts] if isinstance(parts, str) else list(parts or ())  # type: ignore[call-overload]
        listed = _inside(folder, [str(name) for name in names])
        if listed is not None:
            found.append(listed)
    if not found:
        raise DicomError(
            f"{file_label(path)} lists only files that are missing; choose the folder of the whole "
            "medium."
        )
    return found


def _inside(folder: Path, names: list[str]) -> Path | None:
    """Return the file that the parts of a File ID name, if it is there and inside the folder."""
    if not names:
        return None
    for spelled in (names, [name.lower() for name in names]):
        try:
            listed = folder.joinpath(*spelled).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            continue
        if listed.is_file() and listed.is_relative_to(folder):
            return listed
    return None
