"""All projects of a store, for whoever runs the server."""

from dataclasses import dataclass

from core.annotation.database import reading
from core.annotation.project_schema import project_version, work_item
from core.annotation.store import AnnotationStore
from core.projects.access import members_in, properties
from core.projects.finished_readings import final_reading
from core.projects.item_rows import by_series, items_in
from core.projects.records import MoveRefused, Role, WorkItem, WorkState
from core.projects.version_rows import newest


@dataclass(frozen=True)
class ProjectSummary:
    """A project from outside.

    Attributes
    ----------
    key, name : str
        Of the project.
    archived : bool
        Whether it is closed.
    administrators : tuple of str
        Who administers it.
    members : int
        Number of members.
    readings, done : int
        Number of readings of its series, and of those that are done.
    """

    key: str
    name: str
    archived: bool
    administrators: tuple[str, ...]
    members: int
    readings: int
    done: int


def all_projects(store: AnnotationStore) -> list[ProjectSummary]:
    """List all projects by name; for the command line of the server, which asks for no role."""
    found = []
    with reading(store.database) as connection:
        for row in list(connection.execute(newest(project_version, "project_key"))):
            members = members_in(connection, row.project_key)
            items = items_in(connection, work_item.c.project_key == row.project_key)
            summary = ProjectSummary(
                key=row.project_key,
                name=row.name,
                archived=row.archived,
                administrators=tuple(one.person for one in members if Role.ADMINISTER in one.roles),
                members=len(members),
                readings=len(items),
                done=sum(item.state is WorkState.DONE for item in items),
            )
            found.append(summary)
    return sorted(found, key=lambda one: (one.name.casefold(), one.key))


def open_readings(store: AnnotationStore, project_key: str) -> list[WorkItem]:
    """List the readings of a project that people still draw on, by number and reading.

    For the command line of the server, which asks for no role. Adjudicated readings are left out,
    since they are made of two others.

    Raises
    ------
    AccessRefused
        If there is no such project.
    MoveRefused
        If it is archived.
    """
    with reading(store.database) as connection:
        if properties(connection, project_key).archived:
            raise MoveRefused("This project is archived; bring it back before changing it.")
        items = items_in(connection, work_item.c.project_key == project_key)
    drawn_on = {WorkState.TO_DO, WorkState.IN_PROGRESS, WorkState.RETURNED}
    return [item for item in items if item.state in drawn_on and item.reading < 3]


def all_finished_readings(store: AnnotationStore, project_key: str) -> list[WorkItem]:
    """List the final reading of every series that has one, whoever may see it, by number.

    For the command line of the server, which asks for no role; see
    `core.projects.finished_readings`.

    Raises
    ------
    AccessRefused
        If there is no such project.
    """
    with reading(store.database) as connection:
        properties(connection, project_key)
        items = items_in(connection, work_item.c.project_key == project_key)
    finals = (final_reading(readings) for readings in by_series(items).values())
    return [final for final in finals if final is not None]
