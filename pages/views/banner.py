"""The line at the top of every page: patient, study and series."""

import html
import re

import streamlit as st

from core.dicom.series import SeriesSummary
from core.dicom.shown_names import isolated
from pages.session.own_names import with_own_names

_STYLE = """
<style>
.banner {display: flex; flex-wrap: wrap; gap: 0 1.4rem; padding: 0.3rem 0.7rem; border-radius: 4px;
         background: color-mix(in srgb, currentColor 7%, transparent); font-size: 0.86rem;}
.banner b {font-weight: 600;}
.banner span {white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 34rem;}
.banner .quiet {opacity: 0.8;}
.banner .warn {color: color-mix(in srgb, #d98200 55%, currentColor);
              white-space: normal; max-width: none; flex-basis: 100%;}
</style>
"""


def banner(summary: SeriesSummary | None) -> None:
    """Name the patient, the study and the series.

    Parameters
    ----------
    summary : SeriesSummary or None
        None where no series is open.
    """
    if summary is None:
        st.html(_STYLE + '<div class="banner"><span class="quiet">No series open</span></div>')
        return
    patient = f"<b>{_text(person_name(summary.patient_name)) or 'Unnamed patient'}</b>"
    if summary.patient_id:
        patient += f" · ID {_text(summary.patient_id)}"
    study = " · ".join(filter(None, (_text(summary.study_description), date(summary.study_date))))
    number = f"{summary.series_number} · " if summary.series_number is not None else ""
    parts = [
        f"<span>{patient}</span>",
        f'<span><span class="quiet">Study</span> {study or "no description"}</span>',
        f'<span><span class="quiet">Series</span> {number}{_text(series_name(summary))}</span>',
        f'<span class="quiet">{_text(summary.modality)} · {size_text(summary)}</span>',
    ]
    parts += [
        f'<span class="warn">⚠ {_text(with_own_names(problem))}</span>'
        for problem in summary.problems
    ]
    st.html(_STYLE + f'<div class="banner" data-testid="banner">{"".join(parts)}</div>')


def person_name(name: str) -> str:
    """Person name as people write it: the carets of DICOM's PN (PS3.5 section 6.2) removed."""
    family, _, rest = name.split("=")[0].partition("^")
    given = " ".join(part for part in rest.split("^") if part)
    return ", ".join(part for part in (family.strip(), given.strip()) if part)


def date(text: str) -> str:
    """Date of DICOM (YYYYMMDD) as YYYY-MM-DD; anything else unchanged."""
    match = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    return "-".join(match.groups()) if match else html.escape(text)


def series_name(summary: SeriesSummary) -> str:
    """Description of the series."""
    return summary.series_description or "no description"


def size_text(summary: SeriesSummary) -> str:
    """Number, size and spacing of the slices, as text."""
    size = f"{summary.slices} × {summary.rows} × {summary.columns}"
    if not summary.geometry.has_pixel_size:
        return f"{size}, spacing unknown"
    between_rows, between_columns = summary.pixel_spacing
    pixel = f"{between_rows:.3g} × {between_columns:.3g} mm"
    if summary.geometry.is_of_unknown_thickness:
        return f"{size}, {pixel}, thickness unknown"
    if summary.slices > 1 and not summary.geometry.in_patient:
        return f"{size}, {pixel}, distance between slices unknown"
    return f"{size}, {summary.slice_spacing:.3g} × {pixel}"


def _text(text: str) -> str:
    return html.escape(isolated(text.strip()))
