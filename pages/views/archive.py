"""The archive (PACS) on the pages: search and open on the first, store on the last."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.annotation.store import StoreError
from core.audit.entries import Action
from core.dicom.errors import DicomError
from core.home.shown_sizes import shown_size
from core.pacs.cache import KeptSeries, delete_kept, fetch_series, list_kept, tidy
from core.pacs.dicomweb import MOST_STUDIES, ArchivedSeries, Query, search
from core.pacs.settings import Archive, ArchiveError, read_archive
from core.pacs.storing import store_instance
from pages.session.audit_log import record, unnamed
from pages.session.chosen_series import open_store
from pages.session.gate import Entrance
from pages.session.work import OPEN_ELSEWHERE, Work, forget_source, is_open_elsewhere
from pages.views.banner import date, person_name
from pages.views.formatting import count, plain

_FOUND = "archive.found"
_STORED = "archive.stored"
_SHOWN = 30

# Listed for information: they hold no images to open.
_RESULTS = {"SEG": "segmentation", "RTSTRUCT": "structure set"}
_WITHOUT_IMAGES = frozenset(["SR", "PR", "KO", "DOC", "RTPLAN", "RTRECORD", "REG", "FID", "AU"])

MODALITIES = ("", "CT", "MR", "PT", "US", "MG", "XA", "CR", "DX", "OT")


def open_from_archive(entrance: Entrance, open_folder: Callable[[Path], object]) -> None:
    """Offer to search the archive and open series; show nothing where no archive is set up.

    Parameters
    ----------
    entrance : Entrance
        From the gate.
    open_folder : callable
        Called with the folder that holds the series chosen.
    """
    home = entrance.settings.home
    archive = _archive(home)
    if archive is None or not archive.url:
        return
    tidy(home, archive.cache)
    with st.container(border=True, key="archive"):
        st.subheader(plain(archive.name).capitalize())
        _search_form(archive)
        found: list[ArchivedSeries] | None = st.session_state.get(_FOUND)
        if found is not None:
            _list_found(entrance, archive, found, open_folder)
        _list_copies(entrance)


def store_in_archive(work: Work, path: Path) -> None:
    """Offer to store a DICOM file in the archive; show nothing where no archive is set up.

    Parameters
    ----------
    work : Work
        Series that it was made from.
    path : pathlib.Path
        The file, which stays where it is.
    """
    archive = _archive(work.entrance.settings.home)
    if archive is None:
        return
    if st.session_state.get(_STORED) == path:
        st.success(f"Stored in the {plain(archive.name)}.", icon=":material/cloud_done:")
        return
    if st.button(
        f"Store in the {plain(archive.name)}",
        icon=":material/cloud_upload:",
        key="store-in-archive",
        width="stretch",
    ):
        try:
            with st.spinner("Storing…"):
                store_instance(archive, path)
            key = work.opened.key
            record(work.entrance, work.store, Action.EXPORT_ARCHIVED, subject=key)
        except (DicomError, StoreError) as error:
            st.error(f"{error} The file is still on the server.", icon=":material/error:")
            return
        st.session_state[_STORED] = path
        st.rerun()


def _archive(home: Path) -> Archive | None:
    try:
        return read_archive(home)
    except ArchiveError as error:
        st.error(str(error), icon=":material/settings:")
        return None


def _search_form(archive: Archive) -> None:
    with st.form("archive-search", border=False):
        first, second = st.columns(2)
        patient_id = first.text_input("Patient ID")
        patient_name = second.text_input("Patient name", help="Family name first.")
        day = first.text_input(
            "Study date",
            placeholder="2026-01-31",
            help="One day, or two with “..” between them: 2026-01-01..2026-01-31.",
        )
        modality = second.selectbox(
            "Modality", MODALITIES, format_func=lambda code: code or "any", key="archive-modality"
        )
        if not st.form_submit_button("Search", icon=":material/search:", width="stretch"):
            return
    st.session_state.pop(_FOUND, None)
    try:
        with st.spinner("Searching…"):
            st.session_state[_FOUND] = search(
                archive, Query(patient_id, patient_name, day, modality)
            )
    except ArchiveError as error:
        st.error(str(error), icon=":material/error:")


def _list_found(
    entrance: Entrance,
    archive: Archive,
    found: list[ArchivedSeries],
    open_folder: Callable[[Path], object],
) -> None:
    listed = [series for series in found if series.modality not in _WITHOUT_IMAGES]
    if not listed:
        st.caption("No series found.")
    for number, series in enumerate(listed[:_SHOWN]):
        text, button = st.columns([3.4, 1], vertical_alignment="center")
        name = plain(series.series_description) or "no description"
        images = "" if series.instances is None else f" · {count(series.instances, 'instance')}"
        text.markdown(f"**{name}** · {plain(series.modality)}{images}")
        patient = " · ".join(filter(None, (person_name(series.patient_name), series.patient_id)))
        study = " · ".join(filter(None, (plain(series.study_description), date(series.study_date))))
        text.caption(f"{plain(patient)}  \n{study}")
        if series.modality in _RESULTS:
            button.caption(_RESULTS[series.modality])
        elif button.button("Fetch", key=f"archive-fetch-{number}", width="stretch"):
            folder = _fetched(entrance, archive, series)
            if folder is not None:
                open_folder(folder)
    if len({series.study_uid for series in found}) >= MOST_STUDIES:
        st.caption(f"Searched the first {MOST_STUDIES} studies.")
    if len(listed) > _SHOWN:
        st.caption(f"{len(listed) - _SHOWN} more. Narrow the search to list them.")


def _fetched(entrance: Entrance, archive: Archive, series: ArchivedSeries) -> Path | None:
    """Fetch a series with a progress bar; where that fails, say why."""
    bar = st.progress(0.0, "Fetching…")

    def show(done: int, total: int) -> None:
        bar.progress(done / total, f"{done} of {total} instances")

    home = entrance.settings.home
    try:
        folder = fetch_series(archive, series.study_uid, series.series_uid, home, show)
        _record(entrance, Action.SERIES_FETCHED, series.series_uid)
        return folder
    except (ArchiveError, StoreError) as error:
        st.error(
            f"{error} Files fetched so far are kept for the next attempt.", icon=":material/error:"
        )
        return None
    finally:
        bar.empty()


def _record(entrance: Entrance, action: Action, name: str) -> None:
    store = open_store(entrance.settings.database)
    record(entrance, store, action, subject=unnamed(entrance, name))


def _list_copies(entrance: Entrance) -> None:
    copies = list_kept(entrance.settings.home)
    if not copies:
        return
    with st.expander(f"Copies on this server: {len(copies)} series"):
        for copy in copies:
            text, delete = st.columns([3, 1], vertical_alignment="center")
            text.caption(
                f"{copy.used:%Y-%m-%d %H:%M} UTC · {count(copy.files, 'file')} · "
                f"{shown_size(copy.size)}"
            )
            if delete.button(
                "",
                icon=":material/delete:",
                key=f"archive-delete-{copy.folder.name}",
                help="Delete this copy. The archive's own and the annotations are kept.",
            ):
                _delete(entrance, copy)


def _delete(entrance: Entrance, copy: KeptSeries) -> None:
    home = entrance.settings.home
    if is_open_elsewhere(copy.folder):
        st.error(OPEN_ELSEWHERE, icon=":material/error:")
        return
    try:
        delete_kept(home, copy.folder.name)
        _record(entrance, Action.COPY_DELETED, copy.folder.name)
    except (ArchiveError, StoreError) as error:
        st.error(str(error), icon=":material/error:")
        return
    forget_source(entrance, copy.folder)
    st.rerun()
