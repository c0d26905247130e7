"""First step: find a series and open it."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.annotation.store import StoreError
from core.audit.entries import Action
from core.demo import write_demo_series
from core.dicom.errors import DicomError
from core.dicom.reading import find_with_rest
from core.dicom.series import SeriesSummary
from core.dicom.shown_names import isolated, printable
from core.home.archives import is_archive
from core.home.opened_series import remember_series
from core.home.project_uploads import give_to_project
from core.home.server_folders import named_folder, server_files
from core.home.settings import data_roots
from core.home.shown_sizes import shown_size
from core.home.uploads import (
    Upload,
    delete_expired,
    delete_upload,
    list_uploads,
    store_upload,
)
from core.projects.records import Project
from pages.session.audit_log import record
from pages.session.chosen_series import (
    choose_series,
    chosen_or_none,
    chosen_summary,
    may_look_into,
    open_store,
)
from pages.session.gate import NOT_A_MEDICAL_DEVICE, Entrance, enter
from pages.session.opening import series_in_use, source_files
from pages.session.own_names import remember_names, with_own_names
from pages.session.project_series import put_into_project
from pages.session.uploaded_files import named_uploads, release_uploaded
from pages.session.work import OPEN_ELSEWHERE, forget_source, is_open_elsewhere
from pages.views.archive import open_from_archive
from pages.views.banner import banner
from pages.views.formatting import count, plain
from pages.views.found_series import show_found, show_rest
from pages.views.icon_menu import ICON_MENU_STYLE, icon_menu
from pages.views.import_masks import import_button, show_mask_import
from pages.views.project_of_series import chosen_project
from pages.views.recent_work import offer_recent_work
from pages.views.teaching import choose_recent_teachers
from pages.views.tour import offer_tour, show_tour

FOUND = "series.found"

# On a narrow page the sources need a larger share than the series beside them.
_STYLE = """
<style>
[class*="st-key-copy-"] {flex-wrap: nowrap;}
@media (max-width: 900px) {
  .st-key-series-page > div > [data-testid="stHorizontalBlock"] {gap: 1rem;}
  .st-key-series-page > div > [data-testid="stHorizontalBlock"] > :first-child {
    flex: 1 0 19rem;
  }
}
</style>
"""

_FILES_PER_STEP = 25  # between two updates of the progress shown


def search_in(home: Path, source: Path, *, is_typed: bool = False) -> bool:
    """Search for series and keep what was found for the list; returns whether there is any.

    What a person typed is looked for in the folders of the server alone: our own one also holds
    what others have uploaded.
    """
    st.session_state.pop(FOUND, None)
    progress = st.empty()
    bar = progress.progress(0.0, "Searching for series…")

    def show(done: int, files: int) -> None:
        if done % _FILES_PER_STEP == 0:
            bar.progress(done / files, f"Searching for series… {done} of {count(files, 'file')}")

    try:
        roots = data_roots()
        files = server_files(source, roots, home) if is_typed else source_files(home, source)
        findings = find_with_rest(files, show)
    except DicomError as error:
        st.error(plain(with_own_names(str(error))), icon=":material/error:")
        return False
    finally:
        progress.empty()
    st.session_state[FOUND] = (source, findings)
    return True


def demo_folder(home: Path) -> Path:
    """Return the folder of the demonstration series, made on first use."""
    folder = home / "demo"
    if not folder.is_dir():
        unfinished = Path(tempfile.mkdtemp(prefix="demo-", dir=home))
        write_demo_series(unfinished)
        try:
            unfinished.rename(folder)
        except OSError:  # another session made it in the meantime
            shutil.rmtree(unfinished)
    return folder


def open_demonstration(entrance: Entrance) -> None:
    """Open the demonstration series on the annotate page."""
    home = entrance.settings.home
    search_in(home, demo_folder(home))
    listed = st.session_state.get(FOUND)
    if listed is not None:
        source, findings = listed
        open_series(entrance, findings.series[0], source)


def open_series(
    entrance: Entrance, summary: SeriesSummary, source: Path, *, leave_out_damaged: bool = False
) -> None:
    """Go on with a series that was found: to the annotate page, or to the worklist."""
    if project is not None:
        add_to_project(entrance, project, [summary], source, leave_out_damaged=leave_out_damaged)
        return
    home = entrance.settings.home
    choose_series(remember_series(home, summary.uid, source, leave_out_damaged=leave_out_damaged))
    st.switch_page("pages/annotate.py")


def add_to_project(
    entrance: Entrance,
    project: Project,
    found: Sequence[SeriesSummary],
    source: Path,
    *,
    leave_out_damaged: bool = False,
) -> None:
    """Put series into a project, and go on to its worklist."""
    try:
        for summary in found:
            put_into_project(
                entrance, project.key, summary, source, leave_out_damaged=leave_out_damaged
            )
    except (DicomError, StoreError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.switch_page("pages/worklist.py", query_params={"project": project.key})


def offer_sources(entrance: Entrance) -> None:
    """Offer where a series may come from: demonstration, upload, archive, folder on the server."""
    home = entrance.settings.home
    with st.container(border=True):
        st.subheader("Try it")
        st.caption("A synthetic torso with several organs, 48 slices. No patient data.")
        if st.button("Open the demonstration series", icon=":material/science:", width="stretch"):
            open_demonstration(entrance)
    with st.container(border=True):
        st.subheader("Upload")
        offer_upload(entrance)
    open_from_archive(entrance, lambda folder: search_in(home, folder))
    with st.container(border=True):
        st.subheader("Folder on the server")
        offer_folder(home)


def offer_upload(entrance: Entrance) -> None:
    """Store uploaded files, and list what is stored already."""
    settings = entrance.settings
    home = settings.home
    with st.form("upload", border=False, clear_on_submit=True):
        files = st.file_uploader(
            "DICOM files, or a zip of them",
            accept_multiple_files=True,
            help="Copied to this server. Delete the copy below when you are done.",
        )
        if st.form_submit_button("Upload and list series", width="stretch") and files:
            store_and_search(entrance, files)
            release_uploaded(files)
    lifetime = delete_expired_uploads(entrance)
    if lifetime is not None:
        days = lifetime.total_seconds() / 86400
        st.caption(f"Copies are deleted {days:g} days after upload. Annotations are kept.")
    for upload in list_uploads(home):
        if not may_look_into(entrance, upload.folder):
            continue
        row = st.container(
            horizontal=True,
            vertical_alignment="center",
            gap="small",
            key=f"copy-{upload.identifier}",
        )
        with row:
            st.caption(f"{upload.created:%Y-%m-%d %H:%M} UTC · {count(upload.files, 'file')}")
            if st.button("Show", key=f"show-{upload.identifier}"):
                search_in(home, upload.folder)
            # One of its own for each copy: the next one's does not stand open where this one's was.
            menu = icon_menu("Delete this copy", ":material/delete:", upload.identifier)
        with menu:
            st.write(
                f"Delete the copy of {upload.created:%Y-%m-%d %H:%M} UTC with "
                f"{count(upload.files, 'file')} permanently? Annotations are kept."
            )
            if st.button("Delete", key=f"delete-{upload.identifier}", type="primary"):
                remove_upload(entrance, upload)


def store_and_search(entrance: Entrance, files: Sequence[UploadedFile]) -> None:
    """Store uploaded files, show the progress, and search for series in them."""
    settings = entrance.settings
    home, quota = settings.home, int(settings.upload_gigabytes * 1e9)
    status = st.status("Storing…")

    def show(done: int, size: int) -> None:
        if done % _FILES_PER_STEP == 0:
            status.update(label=f"Storing… {count(done, 'file')}, {shown_size(size)}")

    archives: list[bool] = []

    def noted() -> Iterator[tuple[str, BinaryIO]]:
        for name, stream in named_uploads(files):
            archives.append(is_archive(stream))
            yield name, stream

    try:
        upload = store_upload(noted(), home, show, quota_bytes=quota)
        if project is not None:
            give_to_project(home, upload.folder, project.key)
        record_upload(entrance, Action.UPLOAD_STORED, upload)
    except (DicomError, StoreError) as error:
        status.update(label="Upload failed", state="error")
        st.error(str(error), icon=":material/error:")
        return
    names = [file.name for file in files]
    first = isolated(printable(names[0]))
    remember_names(upload.folder, names, within=any(archives))
    if search_in(home, upload.folder):
        status.update(label=f"Stored {count(upload.files, 'file')}", state="complete")
        return
    with contextlib.suppress(DicomError):  # nothing of it could ever be opened
        delete_upload(upload.identifier, home)
    chosen = first if len(names) == 1 else f"{first} and {len(names) - 1} more"
    status.update(label=f"Nothing was kept of {plain(chosen)}", state="error")


def delete_expired_uploads(entrance: Entrance) -> timedelta | None:
    """Delete expired copies of uploads; return how long copies are kept."""
    home, lifetime = entrance.settings.home, entrance.settings.upload_lifetime
    for folder in delete_expired(lifetime, home, kept=series_in_use().used_sources()):
        forget_source(entrance, folder)
    return lifetime


def record_upload(entrance: Entrance, action: Action, upload: Upload) -> None:
    """Tell the audit log what becomes of an upload."""
    store, files = open_store(entrance.settings.database), count(upload.files, "file")
    record(entrance, store, action, subject=upload.identifier, detail=files)


def remove_upload(entrance: Entrance, upload: Upload) -> None:
    """Delete the copy of an upload and stop showing its series."""
    home = entrance.settings.home
    if not may_look_into(entrance, upload.folder):
        return
    if is_open_elsewhere(upload.folder):
        st.error(OPEN_ELSEWHERE, icon=":material/error:")
        return
    try:
        delete_upload(upload.identifier, home)
        record_upload(entrance, Action.UPLOAD_DELETED, upload)
    except (DicomError, StoreError) as error:
        st.error(str(error), icon=":material/error:")
        return
    listed = st.session_state.get(FOUND)
    if listed is not None and listed[0] == upload.folder:
        st.session_state.pop(FOUND)
    forget_source(entrance, upload.folder)
    st.rerun()


def offer_folder(home: Path) -> None:
    """Search a folder in place, if the server's settings allow any."""
    roots = data_roots()
    if not roots:
        st.caption("No folder is allowed. Set SLICEWISE_DATA_ROOTS where Slicewise is started.")
        return
    st.caption("A path, or a name inside " + ", ".join(f"`{root}`" for root in roots))
    with st.form("folder", border=False):
        folder = st.text_input("Folder", value=str(roots[0]), label_visibility="collapsed")
        if st.form_submit_button("Search for series", width="stretch"):
            search_in(home, named_folder(folder, roots), is_typed=True)


entrance = enter("series")
home = entrance.settings.home
show_tour(entrance, 1)
shown = chosen_summary(entrance, chosen_or_none(entrance))
banner(shown)
show_mask_import(entrance)
st.html(_STYLE + ICON_MENU_STYLE)
with st.container(key="series-page"):
    left, right = st.columns([1, 2.1], gap="large")
with left:
    project = chosen_project(entrance)
    offer_sources(entrance)
    if shown is not None:
        import_button("series")
    st.caption(NOT_A_MEDICAL_DEVICE)
    offer_tour(entrance)
with right:
    if project is None:
        choose_recent_teachers(entrance)
    listed = st.session_state.get(FOUND)
    if listed is None or not may_look_into(entrance, listed[0]):
        recent = offer_recent_work(entrance)
        if recent is not None:
            choose_series(recent)
            st.switch_page("pages/annotate.py")
        st.info("Choose a source on the left. Series found there are listed here.")
    else:
        source, findings = listed
        st.subheader(f"{len(findings.series)} series found")
        show_rest(findings)
        whole = [one for one in findings.series if not one.damaged]
        if project is not None and len(whole) > 1:
            label = f"Put all {len(whole)} into {plain(project.name)}"
            if st.button(label, icon=":material/playlist_add:", key="put-all"):
                add_to_project(entrance, project, whole, source)
        chosen = show_found(findings.series)
        if chosen is not None:
            summary, leave_out = chosen
            open_series(entrance, summary, source, leave_out_damaged=leave_out)
