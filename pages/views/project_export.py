"""A project with everything in it as a file to download."""

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from core.annotation.store import AnnotationStore, StoreError
from core.home.backups import BackupError
from core.home.exports import delete_old_exports, exports_of
from core.home.private_files import private_folder
from core.home.shown_sizes import shown_size
from core.home.whole_files import WriteError
from core.projects.access import check_administering
from core.projects.exporting import export_project
from core.projects.records import Project
from pages.session.downloads import sent_when_pressed
from pages.session.gate import Entrance
from pages.views.formatting import plain

_WRITTEN = "project-export.written"


def offer_project_export(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    """Let an administrator create the file, and offer the one created last in this tab.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    store : AnnotationStore
        Of the project.
    project : Project
        As its administrator sees it.
    """
    st.caption(
        "A zip file with all annotations, their history, comments and working times, and the "
        "newest masks for NumPy. Images are not in it. It names people and series."
    )
    path = _written(project)

    def check() -> None:
        check_administering(store, project.key, entrance.person)

    if st.button(
        "Create the export",
        type="primary" if path is None else "secondary",
        width="stretch",
        key="create-project-export",
    ) and _create(entrance, store, project):
        st.rerun()
    if path is not None:
        st.success(f"Created: {shown_size(path.stat().st_size)}", icon=":material/check_circle:")
        st.download_button(
            f"Download {path.name}",
            sent_when_pressed(path, check),
            file_name=path.name,
            mime="application/zip",
            icon=":material/download:",
            type="primary",
            width="stretch",
            on_click="ignore",
        )
        st.caption(f"Saved on the server: `{path}`")


def _create(entrance: Entrance, store: AnnotationStore, project: Project) -> bool:
    """Write the file and keep it on offer; whether that worked."""
    settings = entrance.settings
    folder = exports_of(settings.home, project.key)
    # As `core.home.exports` knows the names of exports, whose old ones it deletes.
    name = f"slicewise-{project.key[:8]}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.zip"
    try:
        with st.spinner("Writing…"):
            private_folder(folder)
            delete_old_exports(settings.home, settings.export_lifetime)
            export_project(store, project.key, entrance.person, folder / name)
    except (StoreError, BackupError, WriteError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        st.error(plain(f"Nothing was exported: {reason}"), icon=":material/error:")
        return False
    st.session_state[_WRITTEN] = (project.key, folder / name)
    return True


def _written(project: Project) -> Path | None:
    key, path = st.session_state.get(_WRITTEN, ("", None))
    return path if key == project.key and path is not None and path.is_file() else None
