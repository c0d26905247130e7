"""Who may do what in a project, read from the store at every call: nothing is remembered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row, select

from core.annotation.database import reading, writing
from core.annotation.project_schema import (
    member_version,
    project,
    project_version,
    work_item,
)
from core.annotation.store import AnnotationStore
from core.projects.records import AccessRefused, Member, MoveRefused, Role
from core.projects.role_texts import roles_of_text
from core.projects.version_rows import newest, newest_row


def roles_in(connection: Connection, project_key: str, person: str) -> frozenset[Role]:
    """Roles of a person in a project within a transaction; none for whoever is no member."""
    row = newest_row(
        connection,
        member_version,
        member_version.c.project_key == project_key,
        member_version.c.member == person,
    )
    if row is None or row.removed:
        return frozenset()
    return roles_of_text(row.roles)


def members_in(connection: Connection, project_key: str) -> list[Member]:
    """Members of a project within a transaction, by name."""
    rows = connection.execute(
        newest(member_version, "project_key", "member").where(
            member_version.c.project_key == project_key
        )
    )
    found = [Member(row.member, roles_of_text(row.roles)) for row in rows if not row.removed]
    return sorted(found, key=lambda one: (one.person.casefold(), one.person))


def require(connection: Connection, project_key: str, person: str, *roles: Role) -> frozenset[Role]:
    """Return the roles of a person in a project, who must have one of those that are named.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    project_key : str
        The project; from anywhere, such as an address.
    person : str
        Who asks.
    *roles : Role
        Any of these will do; without any, being a member will.

    Returns
    -------
    frozenset of Role
        All that the person has.

    Raises
    ------
    AccessRefused
        If the person has none of them, is no member, or there is no such project.
    """
    _refuse_strange(project_key, person)
    found = roles_in(connection, project_key, person)
    if not found or (roles and not found & set(roles)):
        raise AccessRefused
    return found


@contextmanager
def seeing_project(
    store: AnnotationStore, project_key: str, person: str, *roles: Role
) -> Iterator[tuple[Connection, frozenset[Role]]]:
    """Run a transaction that reads a project, for a person who has one of the roles."""
    with reading(store.database) as connection:
        yield connection, require(connection, project_key, person, *roles)


def check_administering(store: AnnotationStore, project_key: str, person: str) -> None:
    """Refuse whoever does not administer a project.

    Raises
    ------
    AccessRefused
        If the person does not, or there is no such project.
    """
    with seeing_project(store, project_key, person, Role.ADMINISTER):
        pass


@contextmanager
def changing_project(
    store: AnnotationStore,
    project_key: str,
    person: str,
    *roles: Role,
    even_archived: bool = False,
) -> Iterator[tuple[Connection, frozenset[Role]]]:
    """Run the only transaction that changes a project, for a person who has one of the roles.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    person : str
        Who changes it.
    *roles : Role
        Any of these will do.
    even_archived : bool
        Whether an archived project may be changed.

    Yields
    ------
    (sqlalchemy.Connection, frozenset of Role)
        The transaction, and what the person may do.

    Raises
    ------
    AccessRefused
        As from `require`.
    MoveRefused
        If the project is archived.
    """
    _refuse_strange(project_key, person)
    with writing(store.database) as connection:
        # One writer at a time in each project: SQLite has one in any case.
        connection.execute(
            select(project.c.key).where(project.c.key == project_key).with_for_update()
        )
        found = require(connection, project_key, person, *roles)
        if not even_archived and properties(connection, project_key).archived:
            raise MoveRefused("This project is archived; bring it back before changing it.")
        yield connection, found


def properties(connection: Connection, project_key: str) -> Row[Any]:
    """Newest row of ``project_version`` of a project that exists."""
    row = newest_row(connection, project_version, project_version.c.project_key == project_key)
    if row is None:
        raise AccessRefused
    return row


def project_of(store: AnnotationStore, annotation_key: str) -> str:
    """Key of the project that an annotation belongs to.

    Raises
    ------
    AccessRefused
        If it belongs to none, or does not exist.
    """
    _refuse_strange(annotation_key)
    with reading(store.database) as connection:
        key = connection.execute(
            select(work_item.c.project_key).where(work_item.c.annotation_key == annotation_key)
        ).scalar()
    if key is None:
        raise AccessRefused
    return str(key)


def _refuse_strange(*texts: str) -> None:
    """Refuse what no key or name can be, before a database sees it."""
    if any(not text or len(text) > 200 or "\0" in text for text in texts):
        raise AccessRefused
