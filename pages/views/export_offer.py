"""The file that was exported last, offered for as long as it is what the page shows."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.annotation.revision import revision
from core.annotation.store import AnnotationStore
from core.audit.entries import Action, add_entry
from core.home.shown_sizes import shown_size
from core.projects.records import AccessRefused, WorkItem
from core.projects.visibility import may_see
from pages.session.audit_log import client_address
from pages.session.downloads import sent_when_pressed
from pages.session.work import Work
from pages.views.archive import store_in_archive

_WRITTEN = "export.written"
_CHECK_EVERY_S = 3


@dataclass(frozen=True)
class WrittenExport:
    """A file that was written.

    Attributes
    ----------
    annotation_key : str
        Of the annotation that it was made from.
    paths : tuple of pathlib.Path
        The file, and its copy in a folder where one was asked for.
    revisions : mapping of str to tuple of int
        Which state of it, and of other readings that are part of it, by key of the annotation.
    choice : hashable
        What was chosen when it was made.
    """

    annotation_key: str
    paths: tuple[Path, ...]
    revisions: Mapping[str, tuple[int, int]]
    choice: Hashable


def revisions(work: Work, readings: Sequence[WorkItem]) -> dict[str, tuple[int, int]]:
    """Which state the annotation that is open, and further readings of the series, are in."""
    keys = [work.annotation_key, *(one.annotation_key for one in readings)]
    return {key: revision(work.store, key) for key in keys}


def forget_written() -> None:
    """Offer nothing any more."""
    st.session_state.pop(_WRITTEN, None)


def keep_written(written: WrittenExport) -> None:
    """Offer a file from now on."""
    st.session_state[_WRITTEN] = written


def is_offered(work: Work, choice: Hashable) -> bool:
    """Whether a file can be downloaded that is as the series and the choice are now.

    Parameters
    ----------
    work : Work
        Series being worked on.
    choice : hashable
        What is chosen now.
    """
    written = _written(work)
    return (
        written is not None
        and written.choice == choice
        and _is_current(work.store, work.person, written)
    )


def offer_written(work: Work, choice: Hashable) -> None:
    """Offer the file that was created last, and no file of an earlier state.

    Parameters
    ----------
    work : Work
        Series being worked on.
    choice : hashable
        What is chosen now.
    """
    written = _written(work)
    if written is None:
        return
    is_as_chosen = written.choice == choice
    if is_as_chosen and _is_current(work.store, work.person, written):
        _offer(work, written)
        # Others may draw on the series while this page stands open.
        st.fragment(_withdraw_when_changed, run_every=_CHECK_EVERY_S)(work, written)
    else:
        what = "annotation has" if is_as_chosen else "choices have"
        st.warning(
            f"The {what} changed since the file was created. Create it again.",
            icon=":material/history:",
        )
    for saved in written.paths:
        st.caption(f"Saved on the server: `{saved}`")


def _written(work: Work) -> WrittenExport | None:
    written: WrittenExport | None = st.session_state.get(_WRITTEN)
    if written is None or written.annotation_key != work.annotation_key:
        return None
    return written if written.paths[0].is_file() else None


def _is_current(store: AnnotationStore, person: str, written: WrittenExport) -> bool:
    """Whether what a file was made from is as it was, and a person may still see all of it."""
    return all(
        may_see(store, key, person) and revision(store, key) == made_from
        for key, made_from in written.revisions.items()
    )


def _offer(work: Work, written: WrittenExport) -> None:
    path = written.paths[0]
    # The file is asked for outside of the run of a page, where nothing tells who visits it.
    store, person, client, key = work.store, work.person, client_address(), work.opened.key

    def check() -> None:
        if not _is_current(store, person, written):
            raise AccessRefused
        form = path.suffix.lstrip(".")
        add_entry(
            store.database, person, client, Action.EXPORT_DOWNLOADED, subject=key, detail=form
        )

    st.success(f"Created: {shown_size(path.stat().st_size)}", icon=":material/check_circle:")
    st.download_button(
        f"Download {path.name}",
        sent_when_pressed(path, check),
        file_name=path.name,
        mime="application/dicom" if path.suffix == ".dcm" else "application/octet-stream",
        icon=":material/download:",
        type="primary",
        width="stretch",
        on_click="ignore",
    )
    if path.suffix == ".dcm":
        store_in_archive(work, path)


def _withdraw_when_changed(work: Work, written: WrittenExport) -> None:
    if not _is_current(work.store, work.person, written):
        st.rerun()
