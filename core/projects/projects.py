"""Projects: creating, finding, renaming and archiving them."""

import math
import secrets
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, Row

from core.annotation.database import reading, writing
from core.annotation.project_schema import member_version, project, project_version
from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_line, check_person
from core.audit.entries import Action
from core.projects.access import changing_project, properties, seeing_project
from core.projects.deeds import record_deed
from core.projects.records import Project, Role
from core.projects.role_texts import roles_of_text, text_of_roles
from core.projects.second_readings import add_second_readings
from core.projects.version_rows import append, newest

LONGEST_NAME = 100
LONGEST_RETENTION_DAYS = 36_500


def create_project(
    store: AnnotationStore,
    name: str,
    person: str,
    *,
    second_reading_share: float = 0.0,
    retention_days: int | None = None,
) -> Project:
    """Create a project without series; whoever creates it has all roles in it.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    name : str
        One line of at most 100 characters.
    person : str
        Who creates it.
    second_reading_share : float
        Share of the series that two people annotate independently, 0 to 1.
    retention_days : int, optional
        Days after archiving until it is deleted; kept without.

    Returns
    -------
    Project
        Its first version.

    Raises
    ------
    StoreError
        If one of the values is none that a project can have.
    """
    check_person(person)
    values = {
        "name": name.strip(),
        "second_reading_share": second_reading_share,
        "retention_days": retention_days,
        "archived": False,
    }
    _check(values)
    key = secrets.token_hex(16)
    with writing(store.database) as connection:
        append(connection, project, person, {"key": key})
        append(connection, project_version, person, {"project_key": key, "version": 1} | values)
        row = {"project_key": key, "member": person, "version": 1, "removed": False}
        append(connection, member_version, person, row | {"roles": text_of_roles(Role)})
        record_deed(connection, key, person, Action.PROJECT_CREATED)
        return _project(properties(connection, key), frozenset(Role))


def projects_of(store: AnnotationStore, person: str, *, archived: bool = False) -> list[Project]:
    """Projects that a person is a member of, by name.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    person : str
        Who.
    archived : bool
        Whether to list those that are archived instead of the others.

    Returns
    -------
    list of Project
        With the roles of the person.
    """
    with reading(store.database) as connection:
        memberships = connection.execute(
            newest(member_version, "project_key", "member").where(member_version.c.member == person)
        )
        roles = {
            one.project_key: roles_of_text(one.roles) for one in memberships if not one.removed
        }
        rows = connection.execute(
            newest(project_version, "project_key").where(
                project_version.c.project_key.in_(roles), project_version.c.archived == archived
            )
        )
        found = [_project(row, roles[row.project_key]) for row in rows]
    return sorted(found, key=lambda one: (one.name.casefold(), one.key))


def project_for(store: AnnotationStore, project_key: str, person: str) -> Project:
    """Return a project to one of its members.

    Raises
    ------
    AccessRefused
        If the person is no member, or there is no such project.
    """
    with seeing_project(store, project_key, person) as (connection, roles):
        return _project(properties(connection, project_key), roles)


def change_project(
    store: AnnotationStore,
    project_key: str,
    person: str,
    *,
    name: str | None = None,
    second_reading_share: float | None = None,
    archived: bool | None = None,
) -> Project:
    """Change what is given of a project's properties; `set_retention` changes the time it is kept.

    Raising the share adds a second reading to series that the larger share selects. Lowering it
    takes none away.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    person : str
        An administrator of it.
    name, second_reading_share, archived
        As for `create_project`; unchanged where None.

    Returns
    -------
    Project
        As it is now.

    Raises
    ------
    AccessRefused
        If the person does not administer it, or there is no such project.
    MoveRefused
        If it is archived and stays so.
    StoreError
        If one of the values is none that a project can have.
    """
    given = {
        "name": name.strip() if name is not None else None,
        "second_reading_share": second_reading_share,
        "archived": archived,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    return _change(store, project_key, person, changes)


def set_retention(
    store: AnnotationStore, project_key: str, person: str, retention_days: int | None
) -> Project:
    """Set for how many days after archiving a project is kept; None: until it is deleted by hand.

    Parameters and errors are those of `change_project`.
    """
    return _change(store, project_key, person, {"retention_days": retention_days})


def _change(
    store: AnnotationStore, project_key: str, person: str, changes: dict[str, Any]
) -> Project:
    with changing_project(
        store, project_key, person, Role.ADMINISTER, even_archived="archived" in changes
    ) as (connection, roles):
        row = properties(connection, project_key)
        before = _values(row)
        after = before | changes
        _check(after)
        if after != before:
            version = {"project_key": project_key, "version": row.version + 1}
            append(connection, project_version, person, version | after)
            _record(connection, project_key, person, before, after)
            if after["second_reading_share"] > before["second_reading_share"]:
                add_second_readings(connection, project_key, person, after["second_reading_share"])
        return _project(properties(connection, project_key), roles)


def _record(
    connection: Connection,
    project_key: str,
    person: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    changed = {name for name in after if after[name] != before[name]}
    if "retention_days" in changed:
        days = after["retention_days"]
        kept = f"{days} days after archiving" if days is not None else "until it is deleted"
        record_deed(connection, project_key, person, Action.RETENTION_CHANGED, kept)
    said = {
        "name": "another name",
        "second_reading_share": f"{after['second_reading_share']:.0%} are read twice",
        "archived": "archived" if after["archived"] else "brought back",
    }
    details = [text for name, text in said.items() if name in changed]
    if details:
        record_deed(connection, project_key, person, Action.PROJECT_CHANGED, ", ".join(details))


def _values(row: Row[Any]) -> dict[str, Any]:
    names = ("name", "second_reading_share", "retention_days", "archived")
    return {name: getattr(row, name) for name in names}


def _check(values: dict[str, Any]) -> None:
    check_line(values["name"], "The name of a project", LONGEST_NAME)
    share = values["second_reading_share"]
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise StoreError("The share of series that are read twice lies between 0 and 1.")
    days = values["retention_days"]
    if days is not None and not 1 <= days <= LONGEST_RETENTION_DAYS:
        raise StoreError(f"A project is kept for 1 to {LONGEST_RETENTION_DAYS} days, or always.")


def _project(row: Row[Any], roles: frozenset[Role]) -> Project:
    return Project(
        key=row.project_key,
        name=row.name,
        second_reading_share=row.second_reading_share,
        retention_days=row.retention_days,
        archived=row.archived,
        version=row.version,
        changed=row.time.replace(tzinfo=UTC),
        roles=roles,
    )
