"""What identifies an instance and its series: what the file states, or what is derived from it."""

import hashlib
import uuid

from pydicom.dataset import FileDataset

from core.dicom.files import text_of


def derive_uid(*parts: object) -> str:
    """Make a UID from what it stands for: the same parts give the same UID (PS3.5 B.2)."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"


def stated_uid(dataset: FileDataset, keyword: str, meta_keyword: str) -> str:
    """Return a UID of the data set, or that of the file meta where the element is empty."""
    return text_of(dataset, keyword) or text_of(dataset.file_meta, meta_keyword)


def series_key(dataset: FileDataset) -> str | None:
    """Return what groups files to a series: its UID, or what else they share; None for neither."""
    series_uid = text_of(dataset, "SeriesInstanceUID")
    if series_uid:
        return f"{text_of(dataset, 'StudyInstanceUID')} {series_uid}"
    shared = [
        text_of(dataset, keyword)
        for keyword in (
            "StudyInstanceUID",
            "FrameOfReferenceUID",
            "Modality",
            "SeriesDate",
            "SeriesTime",
            "SeriesNumber",
            "SeriesDescription",
        )
    ]
    # Descriptions and dates alone are too little to put files together.
    return "\0".join(shared) if any(shared[:2]) else None


def uid_order(uid: str) -> tuple[tuple[int, str], ...]:
    """Return what sorts UIDs by their numbers, so that 1.2.9 comes before 1.2.10."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in uid.split("."))
