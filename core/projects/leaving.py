"""Taking a person out of all projects, by whoever runs the server."""

from sqlalchemy import Connection, select

from core.annotation.database import writing
from core.annotation.project_schema import member_version, project
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_line
from core.projects.access import members_in, properties
from core.projects.members import LONGEST_PERSON, write_membership
from core.projects.records import MoveRefused, Role


def remove_everywhere(
    store: AnnotationStore, leaving: str, person: str, *, successor: str | None = None
) -> list[str]:
    """Delete a person's access to all projects; what the person drew stays.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    leaving : str
        Whose access.
    person : str
        Who deletes it; noted, not checked: this is for the command line of the server.
    successor : str, optional
        Who administers the projects that nobody else does.

    Returns
    -------
    list of str
        Names of the projects that the person was a member of.

    Raises
    ------
    MoveRefused
        If nobody would administer a project any more; nothing has changed then.
    StoreError
        If a name is none.
    """
    for name in (leaving, person, *([successor] if successor is not None else [])):
        check_line(name, "The name of a person", LONGEST_PERSON)
    left = []
    with writing(store.database) as connection:
        for key in _projects_with(connection, leaving):
            connection.execute(select(project.c.key).where(project.c.key == key).with_for_update())
            roles = {one.person: one.roles for one in members_in(connection, key)}
            if leaving not in roles:
                continue
            name = properties(connection, key).name
            if not any(Role.ADMINISTER in roles[one] for one in roles.keys() - {leaving}):
                if successor is None or successor == leaving:
                    raise MoveRefused(f"Nobody else administers “{name}”; name a successor.")
                held = roles.get(successor, frozenset()) | {Role.ADMINISTER}
                write_membership(connection, key, successor, held, person)
            write_membership(connection, key, leaving, frozenset(), person)
            left.append(name)
    return sorted(left)


def _projects_with(connection: Connection, person: str) -> list[str]:
    """Keys of projects that a person was ever a member of, in an order that all writers share."""
    rows = connection.execute(
        select(member_version.c.project_key).where(member_version.c.member == person).distinct()
    )
    return sorted(rows.scalars())
