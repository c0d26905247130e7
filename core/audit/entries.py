"""Writing and reading entries of the audit log.

An entry names people, opened series, uploads and projects, the latter by opaque names; it never
says whose images they are.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select

from core.annotation.audit_schema import audit_entry
from core.annotation.database import Database, reading, writing
from core.annotation.versions import utc_now

MOST_AT_ONCE = 1000
"""Entries that are read at once."""

_FIRST = 100  # entries of a person among which a sign-in is looked for
_LONGEST = {"person": 200, "client": 64, "action": 40, "subject": 64, "detail": 200}


class Action(StrEnum):
    """What is recorded."""

    SIGN_IN = "signed in"
    SIGN_IN_REFUSED = "sign-in refused"
    SIGN_OUT = "signed out"
    SERIES_OPENED = "series opened"
    UPLOAD_STORED = "upload stored"
    UPLOAD_DELETED = "upload deleted"
    COPY_DELETED = "copy of the archive's deleted"
    MASKS_IMPORTED = "masks imported"
    EXPORT_CREATED = "export created"
    EXPORT_DOWNLOADED = "export downloaded"
    SERIES_FETCHED = "series fetched from the archive"
    EXPORT_ARCHIVED = "export stored in the archive"
    SETTINGS_CHANGED = "settings changed"
    PROJECT_CREATED = "project created"
    PROJECT_CHANGED = "project changed"
    RETENTION_CHANGED = "retention changed"
    PROJECT_EXPORTED = "project exported"
    PROJECT_DELETED = "project deleted"
    MEMBER_ADDED = "member added"
    ROLES_CHANGED = "roles changed"
    MEMBER_REMOVED = "member removed"
    PROTOCOL_CHANGED = "protocol changed"
    SERIES_ADDED = "series added to project"
    READING_ASSIGNED = "reading assigned"
    READING_MOVED = "reading moved"


@dataclass(frozen=True)
class AuditEntry:
    """One line of the log.

    Attributes
    ----------
    number : int
        Counted from 1 in the order in which entries were written.
    time : datetime.datetime
        With the zone UTC.
    person : str
        Who did it; blank where nobody can be named.
    client : str
        Address of the network that the request came from.
    action : str
        What was done; of `Action`, or of a newer version.
    subject : str
        Opaque name of what it was done to; may be blank.
    detail : str
        More about it, such as a format or a count; may be blank.
    """

    number: int
    time: datetime
    person: str
    client: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True)
class EntryFilter:
    """Which entries are wanted; what is None leaves nothing out.

    Attributes
    ----------
    person, action, subject : str or None
        Exactly as recorded.
    since, before : datetime.datetime or None
        With a zone: not earlier than `since`, and earlier than `before`.
    """

    person: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    before: datetime | None = None


EVERYTHING = EntryFilter()
"""All entries."""


def add_entry(
    database: Database,
    person: str,
    client: str,
    action: Action,
    *,
    subject: str = "",
    detail: str = "",
) -> None:
    """Add an entry; it is on the disk when this returns.

    Characters that change how others are shown become question marks, and what is too long is cut:
    whatever somebody calls themselves, there is an entry.

    Parameters
    ----------
    database : Database
        Of the store.
    person, client, action, subject, detail : str
        As in `AuditEntry`. Neither names of patients nor UIDs or file names that lead to them.

    Raises
    ------
    StoreError
        If it cannot be written; then what it is about must not be done either.
    """
    with writing(database) as connection:
        append_entry(connection, person, client, action, subject=subject, detail=detail)


def append_entry(
    connection: Connection,
    person: str,
    client: str,
    action: Action,
    *,
    subject: str = "",
    detail: str = "",
) -> None:
    """Add an entry within the transaction of what it is about: both are written, or neither.

    Parameters are those of `add_entry`.
    """
    given = {
        "person": person,
        "client": client,
        "action": str(action),
        "subject": subject,
        "detail": detail,
    }
    row = {name: _line(text, _LONGEST[name]) for name, text in given.items()}
    connection.execute(insert(audit_entry).values(time=utc_now(), **row))


def read_entries(
    database: Database,
    wanted: EntryFilter = EVERYTHING,
    *,
    below: int | None = None,
    most: int = 100,
) -> list[AuditEntry]:
    """Read entries, the newest first.

    Parameters
    ----------
    database : Database
        Of the store.
    wanted : EntryFilter
        Which entries.
    below : int, optional
        Only entries with a smaller number: of the last one of the page before.
    most : int
        How many, at most `MOST_AT_ONCE`.

    Returns
    -------
    list of AuditEntry
        Fewer than `most` where there are no more.

    Raises
    ------
    StoreError
        If they cannot be read.
    """
    query = select(audit_entry).where(*_conditions(wanted)).order_by(audit_entry.c.id.desc())
    if below is not None:
        query = query.where(audit_entry.c.id < below)
    with reading(database) as connection:
        rows = connection.execute(query.limit(min(max(most, 0), MOST_AT_ONCE))).all()
    return [_entry(row) for row in rows]


def people_signed_in(database: Database, *, most: int = 1000) -> list[str]:
    """Names of people who have ever signed in, in alphabetical order.

    Parameters
    ----------
    database : Database
        Of the store.
    most : int
        How many at most.

    Raises
    ------
    StoreError
        If they cannot be read.
    """
    found: list[str] = []
    with reading(database) as connection:
        person = _next_person(connection, "")
        while person is not None and len(found) < most:
            if _has_signed_in(connection, person):
                found.append(person)
            person = _next_person(connection, person)
    return found


def _next_person(connection: Connection, person: str) -> str | None:
    """Who follows in the alphabet: with the index, however long the log is."""
    column = audit_entry.c.person
    found: str | None = connection.execute(select(func.min(column)).where(column > person)).scalar()
    return found


def _has_signed_in(connection: Connection, person: str) -> bool:
    """Whether somebody's first entries tell of it: nobody does anything before."""
    table = audit_entry.c
    first = select(table.action).where(table.person == person).order_by(table.id)
    return str(Action.SIGN_IN) in connection.execute(first.limit(_FIRST)).scalars()


def _conditions(wanted: EntryFilter) -> list[ColumnElement[bool]]:
    columns = audit_entry.c
    exact = {"person": wanted.person, "action": wanted.action, "subject": wanted.subject}
    found = [columns[name] == value for name, value in exact.items() if value is not None]
    if wanted.since is not None:
        found.append(columns.time >= _without_zone(wanted.since))
    if wanted.before is not None:
        found.append(columns.time < _without_zone(wanted.before))
    return found


def _without_zone(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None)


def _entry(row: Row[tuple[object, ...]]) -> AuditEntry:
    values = row._mapping
    return AuditEntry(
        number=values["id"],
        time=values["time"].replace(tzinfo=UTC),
        **{name: values[name] for name in _LONGEST},
    )


def _line(text: str, longest: int) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text[:longest])
