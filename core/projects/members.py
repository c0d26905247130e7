"""Members of projects and their roles."""

from collections.abc import Collection

from sqlalchemy import Connection

from core.annotation.project_schema import member_version
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_line
from core.audit.entries import Action
from core.projects.access import changing_project, members_in, require, seeing_project
from core.projects.assignments import give_up_items
from core.projects.deeds import record_deed
from core.projects.records import Member, MoveRefused, Role
from core.projects.role_texts import text_of_roles
from core.projects.version_rows import append, newest_row

LONGEST_PERSON = 200


def members_of(store: AnnotationStore, project_key: str, person: str) -> list[Member]:
    """Members of a project, for one of them.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    person : str
        Who asks.

    Returns
    -------
    list of Member
        By name.

    Raises
    ------
    AccessRefused
        If the person is no member, or there is no such project.
    """
    with seeing_project(store, project_key, person) as (connection, _):
        return members_in(connection, project_key)


def set_roles(
    store: AnnotationStore,
    project_key: str,
    member: str,
    roles: Collection[Role],
    person: str,
) -> None:
    """Add a member, or change what a member may do, from the next call on.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    member : str
        Who gets the roles, as the sign-in names them.
    roles : collection of Role
        At least one.
    person : str
        An administrator of the project.

    Raises
    ------
    AccessRefused
        If the person does not administer it, or there is no such project.
    MoveRefused
        If nobody would administer it any more, or `roles` is empty.
    StoreError
        If `member` is no name.
    """
    check_line(member, "The name of a person", LONGEST_PERSON)
    if not roles:
        raise MoveRefused("A member has at least one role; remove the member instead.")
    with changing_project(store, project_key, person, Role.ADMINISTER) as (connection, _):
        write_membership(connection, project_key, member, frozenset(roles), person)


def remove_member(store: AnnotationStore, project_key: str, member: str, person: str) -> None:
    """Take a person out of a project, from the next call on.

    What the person drew stays. Series that were assigned to the person and are not submitted yet
    are free for others.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    member : str
        Who leaves.
    person : str
        An administrator of the project, or the member.

    Raises
    ------
    AccessRefused
        If the person may not, or there is no such project.
    MoveRefused
        If nobody would administer it any more, or `member` is none.
    """
    with changing_project(store, project_key, person, even_archived=True) as (connection, _):
        if person != member:
            require(connection, project_key, person, Role.ADMINISTER)
        write_membership(connection, project_key, member, frozenset(), person)


def write_membership(
    connection: Connection,
    project_key: str,
    member: str,
    roles: frozenset[Role],
    person: str,
) -> None:
    """Write the next version of a membership, and free what the member loses the role for.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction that is the only one to change the project.
    project_key : str
        The project.
    member : str
        Whose membership.
    roles : frozenset of Role
        From now on; none for its end.
    person : str
        Who changes it.

    Raises
    ------
    MoveRefused
        If nobody would administer the project any more, or the end is that of no member.
    """
    members = {one.person: one.roles for one in members_in(connection, project_key)}
    if not roles and member not in members:
        raise MoveRefused("This person is no member of the project.")
    if members.get(member) == roles:
        return
    after = members | {member: roles}
    if not any(Role.ADMINISTER in some for some in after.values()):
        raise MoveRefused("Somebody has to administer the project; give another member that role.")
    table = member_version
    row = newest_row(
        connection, table, table.c.project_key == project_key, table.c.member == member
    )
    values = {
        "project_key": project_key,
        "member": member,
        "version": row.version + 1 if row is not None else 1,
        "roles": text_of_roles(roles),
        "removed": not roles,
    }
    append(connection, table, person, values)
    _record(connection, project_key, member, members.get(member), roles, person)
    lost = members.get(member, frozenset()) - roles
    give_up_items(connection, project_key, member, person, *lost)


def _record(
    connection: Connection,
    project_key: str,
    member: str,
    before: frozenset[Role] | None,
    after: frozenset[Role],
    person: str,
) -> None:
    action = Action.MEMBER_ADDED if before is None else Action.ROLES_CHANGED
    if not after:
        action = Action.MEMBER_REMOVED
    named = f": {', '.join(sorted(after))}" if after else ""
    record_deed(connection, project_key, person, action, f"{member}{named}")
