"""Members of a project and their roles."""

import streamlit as st

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.audit.entries import people_signed_in
from core.projects.members import members_of, remove_member, set_roles
from core.projects.records import Member, Project, Role
from pages.session.gate import Entrance
from pages.views.formatting import plain
from pages.views.project_choice import show_another
from pages.views.project_deeds import carry_out, fresh_key
from pages.views.text_table import text_table

ROLE_NAMES = {Role.ANNOTATE: "Annotate", Role.REVIEW: "Review", Role.ADMINISTER: "Administer"}
"""What a member may do, as pages say it."""


def show_members(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    """Show who is in a project; administrators add, change and remove members.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    store : AnnotationStore
        Of the project.
    project : Project
        As its member sees it.
    """
    members = members_of(store, project.key, entrance.person)
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        rows = [
            (one.person, *("✓" if role in one.roles else "" for role in ROLE_NAMES))
            for one in members
        ]
        text_table("Members", ["Person", *ROLE_NAMES.values()], rows)
    with right:
        if Role.ADMINISTER in project.roles and not project.archived:
            _change(entrance, store, project, members)
        elif project.archived:
            st.caption("The project is archived: only leaving it is possible.")
        else:
            st.caption("Whoever administers the project adds members and changes their roles.")
        _offer_leaving(entrance, store, project)


def _change(
    entrance: Entrance, store: AnnotationStore, project: Project, members: list[Member]
) -> None:
    roles_by_name = {one.person: one.roles for one in members}
    others = [one for one in _known_people(store) if one not in roles_by_name]
    with st.container(border=True):
        st.subheader("Add or change a member")
        person = st.selectbox(
            "Person",
            [*roles_by_name, *others],
            index=None,
            accept_new_options=True,
            placeholder="Choose, or type a name",
            key=fresh_key("member", project),
            help="As the sign-in names them: the e-mail address in most places. People who have "
            "signed in before are in the list.",
        )
        name = _as_signed_in(person or "")
        is_member = name in roles_by_name
        roles = st.pills(
            "Roles",
            list(ROLE_NAMES),
            selection_mode="multi",
            default=sorted(roles_by_name.get(name, {Role.ANNOTATE})),
            format_func=lambda role: ROLE_NAMES[role],
            # What the person has is chosen at first.
            key=fresh_key(f"roles-{name}", project),
            disabled=not name,
            help="Annotate: take series and draw. Review: accept what others drew, or return it. "
            "Administer: members, protocol, assigning, export and deletion.",
        )
        save, remove = st.columns(2)
        if save.button(
            "Save roles" if is_member else "Add member",
            type="primary",
            width="stretch",
            disabled=not name,
            key="save-member",
        ):
            carry_out(
                lambda: set_roles(store, project.key, name, roles, entrance.person),
                plain(f"{name} may {_listed(roles)} from now on."),
            )
        if is_member and name != entrance.person:
            with remove.popover("Remove…", width="stretch", key=fresh_key("remove", project)):
                st.write(
                    "Access ends at once. What was drawn stays; series that were not handed in are "
                    "free for others."
                )
                if st.button(f"Remove {plain(name)}", width="stretch", key="remove-member"):
                    carry_out(
                        lambda: remove_member(store, project.key, name, entrance.person),
                        plain(f"{name} is no member any more."),
                    )


def _offer_leaving(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    with st.popover("Leave the project…", key=fresh_key("leave", project)):
        st.write("You lose access to its series at once. What you drew stays.")
        if st.button("Leave", width="stretch", key="leave-project"):
            carry_out(lambda: _leave(entrance, store, project), "You have left the project.")


def _leave(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    person = entrance.person
    remove_member(store, project.key, person, person)
    show_another(None)


def _known_people(store: AnnotationStore) -> list[str]:
    """People who have signed in before; they can be typed where the log cannot be read."""
    try:
        return people_signed_in(store.database)
    except StoreError:
        return []


def _as_signed_in(typed: str) -> str:
    """Name as the sign-in would give it: addresses in small letters."""
    name = typed.strip()
    return name.lower() if "@" in name else name


def _listed(roles: list[Role]) -> str:
    return " and ".join(sorted(roles))
