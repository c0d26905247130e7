"""Small pictures of series, beside their names in lists."""

import streamlit as st

from core.dicom.errors import DicomError
from core.dicom.series import SeriesSummary
from core.display.picture import thumbnail

_SIZE = 112  # picture pixels


@st.cache_data(max_entries=200, show_spinner=False)
def series_thumbnail(uid: str, _summary: SeriesSummary) -> bytes | None:
    """Draw the middle slice of a series.

    Parameters
    ----------
    uid : str
        Of the series, by which pictures are kept.
    _summary : SeriesSummary
        From `find_series`.

    Returns
    -------
    bytes or None
        PNG; None where the slice cannot be decoded.
    """
    try:
        return thumbnail(_summary, _SIZE)
    except DicomError:
        return None
