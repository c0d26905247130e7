"""DICOMDIR: the table of contents on exchange media (PS3.3 F.3)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import MediaStorageDirectoryStorage

from core.dicom.errors import DicomError
from core.dicom.files import (
    file_label,
    integer_of,
    items_of,
    name_of,
    open_header,
    text_of,
    value_of,
)
from core.dicom.untrusted_paths import existing_below

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


def missing_images(path: Path, found: Collection[str]) -> dict[str, str]:
    """Say of each series how many of its images a DICOMDIR lists that are not there.

    Parameters
    ----------
    path : pathlib.Path
        Any file.
    found : collection of str
        SOP instance UIDs of images that were found, whatever their files are called.

    Returns
    -------
    dict of str to str
        One sentence for each series that lacks images, by its UID; "" for images of no series.
    """
    folder = path.resolve().parent
    listed: dict[str, list[bool]] = defaultdict(list)
    for series_uid, record in _images_with_series(_records(path)):
        is_missing = (
            text_of(record, "ReferencedSOPInstanceUIDInFile") not in found
            and _inside(folder, _names(record)) is None
        )
        listed[series_uid].append(is_missing)
    return {
        series_uid: f"{sum(missing)} of the {len(missing)} images of this series that "
        f"{file_label(path)} lists are not there: slices may be missing."
        for series_uid, missing in listed.items()
        if any(missing)
    }


def _images_with_series(records: Sequence[Dataset]) -> Iterator[tuple[str, Dataset]]:
    """Yield the records of images, each with the UID of the series that it hangs from.

    Records are chained by offsets (PS3.3 F.2.2). An image that no chain reaches belongs to the
    series before it, as nearly all writers arrange them.
    """
    by_offset = {getattr(record, "seq_item_tell", None): record for record in records}
    series_of: dict[int, str] = {}
    for series in records:
        if text_of(series, "DirectoryRecordType") != "SERIES":
            continue
        offset = integer_of(series, "OffsetOfReferencedLowerLevelDirectoryEntity")
        while (record := by_offset.get(offset)) is not None and id(record) not in series_of:
            series_of[id(record)] = text_of(series, "SeriesInstanceUID")
            offset = integer_of(record, "OffsetOfTheNextDirectoryRecord")
    before = ""
    for record in records:
        if text_of(record, "DirectoryRecordType") == "SERIES":
            before = text_of(record, "SeriesInstanceUID")
        if "Image Storage" in name_of(text_of(record, "ReferencedSOPClassUIDInFile")):
            yield series_of.get(id(record), before), record


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
        listed = existing_below(folder.joinpath(*spelled), [folder])
        if listed is not None and listed.is_file():
            return listed
    return None
