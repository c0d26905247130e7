"""Small pictures of series, beside their names in lists."""

import os

import streamlit as st

from core.dicom.errors import DicomError
from core.dicom.series import SeriesSummary
from core.display.picture import thumbnail

_SIZE = 112  # picture pixels


def series_thumbnail(summary: SeriesSummary) -> bytes | None:
    """Draw the middle slice of a series.

    Parameters
    ----------
    summary : SeriesSummary
        From `find_series`.

    Returns
    -------
    bytes or None
        PNG; None where the slice cannot be decoded.
    """
    return _thumbnail(tuple(map(os.fsencode, summary.files)), summary)


# Kept by the files: others may be uploaded under the UID of a series that is somebody else's.
@st.cache_data(max_entries=200, show_spinner=False)
def _thumbnail(files: tuple[bytes, ...], _summary: SeriesSummary) -> bytes | None:
    try:
        return thumbnail(_summary, _SIZE)
    except DicomError:
        return None
