"""The list of series found in a folder or upload, each with a thumbnail and a way to open it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.dicom.reading import Findings
from core.dicom.series import SeriesSummary
from pages.session.own_names import with_own_names
from pages.session.widget_keys import leaving_key
from pages.views.banner import date, person_name, series_name, size_text
from pages.views.formatting import plain
from pages.views.thumbnails import series_thumbnail

_MANY = 6
"""Series from which on they can be filtered and sorted."""

_ALL = "All"

_ORDERS: dict[str, Callable[[SeriesSummary], Any]] = {
    "As found": lambda _: 0,
    "Newest first": lambda summary: [-ord(digit) for digit in summary.study_date],
    "Description": lambda summary: series_name(summary).casefold(),
    "Modality": lambda summary: summary.modality,
    "Most slices": lambda summary: -summary.slices,
}


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
    for number, summary in _narrowed(found):
        with st.container(border=True, key=f"found-{number}"):
            picture, text, button = st.columns([1, 4.2, 1.3], vertical_alignment="center")
            picture_bytes = series_thumbnail(summary)
            if picture_bytes is None:
                picture.caption("No preview")
            else:
                picture.image(picture_bytes, alt=f"Middle slice of series {number + 1}")
            with text:
                st.markdown(f"**{plain(series_name(summary))}** · {plain(summary.modality)}")
                st.caption(
                    f"{size_text(summary)}  \n{plain(person_name(summary.patient_name))} · "
                    f"{plain(summary.study_description) or 'no study description'}"
                )
                for problem in (*summary.problems, *summary.damaged):
                    st.caption(f":orange[⚠ {plain(with_own_names(problem))}]")
            if summary.damaged:
                label, leave_out = "Open without damaged files", True
            else:
                label, leave_out = "Open", False
            if button.button(
                label,
                key=leaving_key(f"open-{number}"),
                type="primary" if number == 0 and not leave_out else "secondary",
                width="stretch",
            ):
                chosen = (summary, leave_out)
    return chosen


def _narrowed(found: Sequence[SeriesSummary]) -> list[tuple[int, SeriesSummary]]:
    """Let the person filter and sort where there are many; each with its place among all."""
    numbered = list(enumerate(found))
    if len(found) < _MANY:
        return numbered
    text_column, modality_column, order_column = st.columns([2, 1.2, 1.2])
    text = text_column.text_input(
        "Filter", placeholder="description, patient, date…", key="found-filter"
    )
    modalities = sorted({summary.modality for summary in found})
    modality = modality_column.selectbox("Modality", [_ALL, *modalities], key="found-modality")
    order = order_column.selectbox("Sort by", list(_ORDERS), key="found-order")
    words = text.casefold().split()
    narrowed = [
        (number, summary)
        for number, summary in numbered
        if modality in (_ALL, summary.modality)
        and all(word in _searched_text(summary) for word in words)
    ]
    if len(narrowed) < len(found):
        st.caption(f"{len(narrowed)} of {len(found)} series shown")
    return sorted(narrowed, key=lambda pair: _ORDERS[order](pair[1]))


def _searched_text(summary: SeriesSummary) -> str:
    parts = (
        series_name(summary),
        summary.modality,
        summary.study_description,
        person_name(summary.patient_name),
        summary.patient_id,
        summary.study_date,
        date(summary.study_date),
    )
    return " ".join(parts).casefold()


def show_rest(findings: Findings) -> None:
    """Show what was found besides series: objects without an image by kind, and what is missing."""
    if findings.passed_over:
        st.caption(f"Passed over, as they hold no image: {plain(findings.passed_over)}")
    for sentence in findings.cautions:
        st.caption(f":orange[⚠ {plain(with_own_names(sentence))}]")
