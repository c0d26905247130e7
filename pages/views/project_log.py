"""The audit log: of one project for its administrators, of the whole server for those of it."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from core.annotation.store import AnnotationStore, StoreError
from core.audit.csv_export import export_entries, shown_time
from core.audit.entries import MOST_AT_ONCE, Action, AuditEntry, EntryFilter, read_entries
from core.projects.access import check_administering
from core.projects.records import Project
from pages.session.administrators import administers_server
from pages.session.gate import Entrance
from pages.views.text_table import text_table

_AT_FIRST = 100
_SHORT = 12  # characters of an opaque name, which tell it from others
_MORE = "audit-log.more"


def show_project_log(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    """Show what was done in a project to whoever administers it.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    store : AnnotationStore
        Of the project.
    project : Project
        As its administrator sees it.
    """

    def check() -> None:
        check_administering(store, project.key, entrance.person)

    _show(store, EntryFilter(subject=project.key), check, project.key)


def show_server_log(entrance: Entrance, store: AnnotationStore) -> None:
    """Show everything that was done on the server to one of its administrators."""

    def check() -> None:
        if not may_read:
            raise StoreError("Only the administrators of this server read its audit log.")

    may_read = administers_server(entrance)
    _show(store, EntryFilter(), check, "server")


def _show(
    store: AnnotationStore, within: EntryFilter, check: Callable[[], None], name: str
) -> None:
    """Show entries with a choice of which, newest first, and offer them as a file."""
    check()
    wanted = _chosen(within, name)
    most = min(st.session_state.get(_MORE, {}).get(name, _AT_FIRST), MOST_AT_ONCE)
    entries = read_entries(store.database, wanted, most=most)
    if not entries:
        st.info("Nothing was recorded that fits this choice.")
        return
    headings = ["Time (UTC)", "Person", "What", "Detail", "From where"]
    rows = [_row(one) for one in entries]
    if within.subject is None:
        headings.append("Of what")
        rows = [(*row, one.subject[:_SHORT]) for row, one in zip(rows, entries, strict=True)]
    text_table("Audit log", headings, rows)
    with st.container(horizontal=True, gap="small"):
        if len(entries) == most and most < MOST_AT_ONCE and st.button("Show more"):
            st.session_state[_MORE] = {name: most + 3 * _AT_FIRST}
            st.rerun()
        st.download_button(
            "Download as CSV",
            _writer(store, wanted, check),
            file_name="audit-log.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="All entries that fit the choice, also those that are not shown.",
        )


def _row(entry: AuditEntry) -> tuple[str, ...]:
    when = shown_time(entry).replace("T", " ").removesuffix("Z")
    return when, entry.person or "nobody", entry.action, entry.detail, entry.client


def _chosen(within: EntryFilter, name: str) -> EntryFilter:
    """Let the person choose among entries."""
    who, what, since, before = st.columns(4)
    person = who.text_input("Person", key=f"log-person-{name}", placeholder="Everybody").strip()
    action = what.selectbox(
        "What",
        [str(one) for one in Action],
        index=None,
        placeholder="Everything",
        key=f"log-action-{name}",
    )
    first = since.date_input("From", value=None, key=f"log-since-{name}", format="YYYY-MM-DD")
    last = before.date_input("To", value=None, key=f"log-before-{name}", format="YYYY-MM-DD")
    return replace(
        within,
        person=person or None,
        action=action,
        since=_midnight(first),
        before=_midnight(last, days=1),
    )


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    """Beginning of a day, or of one some days later, in UTC."""
    if day is None:
        return None
    return datetime.combine(day, time(), UTC) + timedelta(days=days)


def _writer(
    store: AnnotationStore, wanted: EntryFilter, check: Callable[[], None]
) -> Callable[[], bytes]:
    """Return what writes the file once it is asked for, for whoever may read the log then."""

    def write() -> bytes:
        check()
        text = io.StringIO(newline="")
        export_entries(store.database, text, wanted)
        return text.getvalue().encode("utf-8-sig")

    return write
