"""Putting series that were found into projects."""

from pathlib import Path

from core.dicom.series import SeriesSummary
from core.dicom.shown_names import printable
from core.dicom.slice_names import slice_names
from core.home.opened_series import remember_series
from core.home.project_uploads import give_to_project
from core.home.secret import opaque_name
from core.projects.records import WorkItem
from core.projects.work_items import LONGEST_TITLE, SeriesToAdd, add_series
from pages.session.chosen_series import open_store
from pages.session.gate import Entrance

_PSEUDONYM_DIGITS = 6


def put_into_project(
    entrance: Entrance,
    project_key: str,
    summary: SeriesSummary,
    source: Path,
    *,
    leave_out_damaged: bool = False,
) -> list[WorkItem]:
    """Put a series into a project; one that is there already stays as it is.

    Parameters
    ----------
    entrance : Entrance
        Of a member who annotates or administers.
    project_key : str
        The project.
    summary : SeriesSummary
        The series.
    source : pathlib.Path
        File or folder it was found in.
    leave_out_damaged : bool
        Whether to do without its damaged files.

    Returns
    -------
    list of WorkItem
        Its readings, one or two.

    Raises
    ------
    StoreError
        If the person may not, or the project is archived.
    DicomError
        If it cannot be noted on the disk.
    """
    home = entrance.settings.home
    opened = remember_series(
        home, summary.uid, source, leave_out_damaged=leave_out_damaged, project_key=project_key
    )
    give_to_project(home, source, project_key)
    to_add = SeriesToAdd(
        series_uid=summary.uid,
        opened_key=opened.key,
        title=title_of(home, summary),
        sop_instance_uids=slice_names(summary),
        rows=summary.rows,
        columns=summary.columns,
        spacing_mm=(summary.slice_spacing or 1.0, *summary.pixel_spacing),
    )
    store = open_store(entrance.settings.database)
    return add_series(store, project_key, to_add, entrance.person)


def title_of(home: Path, summary: SeriesSummary) -> str:
    """Return what people know a series by in a worklist, without the name of the patient.

    Parameters
    ----------
    home : pathlib.Path
        Whose secret makes pseudonyms: the same for all series of a patient.
    summary : SeriesSummary
        The series.
    """
    patient = f"{summary.patient_id} {summary.patient_name}".strip()
    parts = [
        printable(summary.series_description.strip()) or "no description",
        printable(summary.modality),
        f"{summary.slices} slices",
    ]
    if patient:
        pseudonym = opaque_name(home, f"patient {patient}")[:_PSEUDONYM_DIGITS]
        parts.append(f"patient {pseudonym}")
    return " · ".join(part for part in parts if part)[:LONGEST_TITLE].strip()
