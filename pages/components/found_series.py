"""The list of series found in a folder or upload, each with a thumbnail and a way to open it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st
from PIL import Image

from core.dicom.errors import DicomError
from core.dicom.reading import read_slices
from core.dicom.series import SeriesSummary, Window
from pages.components.banner import person_name, series_name, size_text
from pages.components.picture import draw_slice, picture_size
from pages.components.windows import CT_WINDOWS, automatic_window, to_gray

_THUMBNAIL = 112  # picture pixels


def show_found(found: Sequence[SeriesSummary]) -> tuple[SeriesSummary, bool] | None:
    """Show series to choose from.

    Parameters
    ----------
    found : sequence of SeriesSummary
        From `find_series`.

    Returns
    -------
    tuple of SeriesSummary and bool, or None
        The series whose button was pressed, and whether to leave out its damaged files.
    """
    chosen = None
    for number, summary in enumerate(found):
        with st.container(border=True, key=f"found-{number}"):
            picture, text, button = st.columns([1, 4.2, 1.3], vertical_alignment="center")
            thumbnail = _thumbnail(summary.uid, summary)
            if thumbnail is None:
                picture.caption("no picture")
            else:
                picture.image(thumbnail, alt=f"Middle slice of series {number + 1}")
            with text:
                st.markdown(f"**{_escape(series_name(summary))}** · {_escape(summary.modality)}")
                st.caption(
                    f"{size_text(summary)}  \n{_escape(person_name(summary.patient_name))} · "
                    f"{_escape(summary.study_description) or 'study without description'}"
                )
                for problem in (*summary.problems, *summary.damaged):
                    st.caption(f":orange[⚠ {_escape(problem)}]")
            if summary.damaged:
                label, note = "Open without the damaged files", True
            else:
                label, note = "Open", False
            if button.button(
                label,
                key=f"leave-open-{number}",
                type="primary" if number == 0 and not note else "secondary",
                width="stretch",
            ):
                chosen = (summary, note)
    return chosen


@st.cache_data(max_entries=200, show_spinner=False)
def _thumbnail(uid: str, _summary: SeriesSummary) -> Image.Image | None:
    middle = _summary.records[_summary.slices // 2]
    alone = replace(_summary, slices=1, records=(middle,), files=(Path(middle.path),))
    try:
        _, values = next(iter(read_slices(alone)))
    except DicomError:
        return None
    window: Window = CT_WINDOWS[0] if _summary.modality == "CT" else automatic_window(values)
    size = picture_size(_summary.rows, _summary.columns, _summary.pixel_spacing, longest=_THUMBNAIL)
    return draw_slice(to_gray(values, window, inverted=_summary.inverted), size)


def _escape(text: str) -> str:
    """Keep what a file says from being read as Markdown."""
    return "".join(f"\\{one}" if one in "\\`*_{}[]()<>#+-.!|~:$" else one for one in text)
