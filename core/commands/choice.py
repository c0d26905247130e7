"""Choosing one of the series that a path holds."""

from pathlib import Path

from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary


def choose_series(path: Path, uid: str | None) -> SeriesSummary:
    """Find the series that is meant.

    Parameters
    ----------
    path : Path
        A folder or a file.
    uid : str or None
        UID of the series, as `python -m core info` lists it; needed only among several.

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
        found = [series for series in found if uid in (series.uid, series.series_instance_uid)]
        if not found:
            raise DicomError(
                f"{path} holds no series {uid}; `python -m core info` lists those it holds."
            )
    if len(found) > 1:
        uids = ", ".join(series.uid for series in found)
        raise DicomError(f"{path} holds {len(found)} series; choose one with --series: {uids}")
    return found[0]
