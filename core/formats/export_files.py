"""Names and instance numbers of exported files."""

from datetime import UTC, datetime
from pathlib import Path

from core.dicom.errors import DicomError
from core.dicom.files import integer_of, open_header, text_of


def export_name(series_key: str, ending: str) -> str:
    """File name that tells nothing of the patient: part of the series' key, and the time in UTC."""
    return f"slicewise-{series_key[:8]}-{datetime.now(UTC):%Y%m%d-%H%M%S}{ending}"


def next_instance_number(folder: Path, modality: str) -> int:
    """Instance number for the next export of a series into a folder of its own.

    Parameters
    ----------
    folder : pathlib.Path
        With the exports so far.
    modality : str
        ``SEG`` or ``RTSTRUCT``; each has a DICOM series of its own.

    Returns
    -------
    int
        One above the highest so far, from 1.
    """
    numbers = [0]
    for path in folder.glob("*.dcm"):
        try:
            header, _ = open_header(path, ("Modality", "InstanceNumber"))
        except DicomError:
            continue
        if text_of(header, "Modality") == modality:
            numbers.append(integer_of(header, "InstanceNumber") or 0)
    return 1 + max(numbers)
