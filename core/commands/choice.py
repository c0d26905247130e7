"""Choosing one of the series that a path holds."""

from pathlib import Path

from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary


def choose_series(path: Path, uid: str | None, option: str = "--series") -> SeriesSummary:
    """Find the series, or the stack of a series, that is meant.

    Parameters
    ----------
    path : Path
        A folder or a file.
    uid : str or None
        As `python -m core info` lists it; needed only among several. The largest stack of a series
        goes by the UID of the series, so a stack of exactly this UID comes first; else the UID of
        the series stands for its only stack.
    option : str
        Option that takes the UID, for the message that asks for it.

    Returns
    -------
    SeriesSummary
        The series.

    Raises
    ------
    DicomError
        If there is none, none with this UID, or several and none was chosen.
    """
    found = find_series(path)
    if uid is not None:
        found = [series for series in found if series.uid == uid] or [
            series for series in found if series.series_instance_uid == uid
        ]
        if not found:
            raise DicomError(
                f"{path} holds no series {uid}; `python -m core info` lists those it holds."
            )
    if len(found) > 1:
        uids = ", ".join(series.uid for series in found)
        raise DicomError(f"{path} holds {len(found)} series; choose one with {option}: {uids}")
    return found[0]
