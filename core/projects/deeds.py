"""What the audit log is told of projects, within the transaction of what was done."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from core.annotation.database import client_of
from core.audit.entries import Action, append_entry
from core.projects.records import WorkItem


def record_deed(
    connection: Connection, project_key: str, person: str, action: Action, detail: str = ""
) -> None:
    """Add an entry about a project, which is its subject.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction that does it.
    project_key : str
        The project.
    person : str
        Who does it.
    action : Action
        What.
    detail : str
        More about it: members, numbers and states, neither names of projects nor titles of series.
    """
    client = client_of(connection)
    append_entry(connection, person, client, action, subject=project_key, detail=detail)


def record_change(
    connection: Connection, before: WorkItem, after: Mapping[str, Any], person: str
) -> None:
    """Add entries about a work item that gets another state, or is another person's.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction that changes it.
    before : WorkItem
        As it was.
    after : mapping of str to Any
        Columns of its next version.
    person : str
        Who changes it.
    """
    which = f"series {before.number}, reading {before.reading}"
    for name, what in (("assigned", "annotates"), ("reviewer", "reviews")):
        if after[name] != getattr(before, name):
            detail = f"{which}: {after[name] or 'nobody'} {what} it"
            record_deed(connection, before.project_key, person, Action.READING_ASSIGNED, detail)
    if after["state"] != before.state:
        detail = f"{which}: {before.state} → {after['state']}"
        record_deed(connection, before.project_key, person, Action.READING_MOVED, detail)
