"""DICOMDIR: the table of contents on exchange media (PS3.3 F.3)."""

from collections.abc import Collection, Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import MediaStorageDirectoryStorage

from core.dicom.errors import DicomError
from core.dicom.files import file_label, items_of, name_of, open_header, text_of, value_of

DIRECTORY_KIND = "Media Storage Directory"
"""Kind of the file among those that hold no image (`NotAnImageError.kind`)."""

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
    records = _records(path)
    if not records:
        return []
    folder = path.resolve().parent
    found = [
        listed for record in records if (listed := _inside(folder, _names(record))) is not None
    ]
    if not found:
        raise DicomError(
            f"{file_label(path)} lists only files that are missing; choose the folder of the whole "
            "medium."
        )
    return found


def missing_images(path: Path, found: Collection[str]) -> str:
    """Say in one sentence how many images a DICOMDIR lists that are not there; "" if all are.

    Parameters
    ----------
    path : pathlib.Path
        Any file.
    found : collection of str
        SOP instance UIDs of images that were found, whatever their files are called.
    """
    folder = path.resolve().parent
    images = [
        record
        for record in _records(path)
        if "Image Storage" in name_of(text_of(record, "ReferencedSOPClassUIDInFile"))
    ]
    missing = sum(
        text_of(record, "ReferencedSOPInstanceUIDInFile") not in found
        and _inside(folder, _names(record)) is None
        for record in images
    )
    if not missing:
        return ""
    return (
        f"{missing} of the {len(images)} images that {file_label(path)} lists are not there: "
        "slices may be missing."
    )


def _records(path: Path) -> Sequence[Dataset]:
    """Return the records of a DICOMDIR; none where the file is something else."""
    # Most files are none, which this shows without parsing them.
    with path.open("rb") as file:
        if MediaStorageDirectoryStorage.encode() not in file.read(_BEGINNING_BYTES):
            return ()
    dataset, _ = open_header(path, ("DirectoryRecordSequence",))
    if text_of(dataset.file_meta, "MediaStorageSOPClassUID") != MediaStorageDirectoryStorage:
        return ()
    return items_of(dataset, "DirectoryRecordSequence")


def _names(record: Dataset) -> list[str]:
    parts = value_of(record, "ReferencedFileID")
    names = [parts] if isinstance(parts, str) else list(parts or ())  # type: ignore[call-overload]
    return [str(name) for name in names]


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
