"""The protocol of a project: what is drawn, with which codes, and how."""

from collections.abc import Sequence

import streamlit as st

from core.annotation.store import AnnotationStore
from core.projects.protocols import (
    LONGEST_TEXT,
    Protocol,
    protocol_csv,
    protocol_json,
    protocol_versions,
    set_protocol,
)
from core.projects.records import Project, Role
from core.segments.label_lists import ListedLabel
from core.segments.overlap_rules import OverlapRule
from core.segments.segment import default_color
from pages.session.gate import Entrance
from pages.views.formatting import count, plain
from pages.views.project_deeds import carry_out, fresh_key
from pages.views.project_protocol_import import Save, import_list_button, show_list_import
from pages.views.project_segments import add_listed_segment, change_listed_segment
from pages.views.text_table import text_table

_OVERLAPS = {
    OverlapRule.ALL: "Overwrites all",
    OverlapRule.UNLOCKED: "Overwrites unlocked",
    OverlapRule.ALLOW: "May overlap",
}


def show_protocol(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    """Show the protocol and its versions; administrators change it.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    store : AnnotationStore
        Of the project.
    project : Project
        As its member sees it.
    """
    versions = protocol_versions(store, project.key, entrance.person)
    newest = versions[0] if versions else Protocol()
    may_change = Role.ADMINISTER in project.roles and not project.archived

    def save(segments: Sequence[ListedLabel], instructions: str, told: str) -> None:
        """Write a new version, unless somebody else has written one since this page was shown."""
        carry_out(
            lambda: set_protocol(
                store,
                project.key,
                segments,
                instructions,
                entrance.person,
                based_on=newest.version,
            ),
            told,
        )

    left, right = st.columns([2.2, 1], gap="large")
    with left:
        if may_change:
            with st.container(horizontal=True, gap="small"):
                with st.popover("Add", icon=":material/add:", key=fresh_key("add", project)):
                    if (added := add_listed_segment(newest, project)) is not None:
                        segments = (*newest.segments, added)
                        save(segments, newest.instructions, plain(f"{added.label} is added."))
                with st.popover(
                    "Edit",
                    icon=":material/edit:",
                    disabled=not newest.segments,
                    key=fresh_key("edit", project),
                ):
                    if (changed := change_listed_segment(newest, project)) is not None:
                        save(changed, newest.instructions, "The protocol is changed.")
                with st.container(width=170):
                    import_list_button()
                _offer_downloads(newest)
        elif newest.segments:
            with st.container(horizontal=True, gap="small"):
                _offer_downloads(newest)
        _show_segments(newest)
    with right:
        _show_instructions(newest, project, may_change=may_change, save=save)
        _show_versions(versions, project, may_change=may_change, save=save)
    if may_change:
        show_list_import(entrance, newest, save)


def _show_segments(protocol: Protocol) -> None:
    if not protocol.segments:
        st.info(
            "The protocol names no segments yet. Series that come into the project begin without "
            "any."
        )
        return
    rows = [
        (
            f"{number} {one.label}",
            coded(one),
            _OVERLAPS[one.overlap],
            one.instructions,
        )
        for number, one in enumerate(protocol.segments, start=1)
    ]
    colors = [
        one.color or default_color(number) for number, one in enumerate(protocol.segments, start=1)
    ]
    headings = ["Segment", "Code", "Overlap", "Instructions"]
    text_table("Segments of the protocol", headings, rows, colors=colors)


def coded(one: ListedLabel) -> str:
    """Code of a segment with its side, for people."""
    scheme = "SNOMED CT" if one.type.scheme == "SCT" else one.type.scheme
    side = f", {one.modifier.meaning.lower()}" if one.modifier is not None else ""
    return f"{one.type.meaning}{side} · {scheme} {one.type.value}"


def _offer_downloads(protocol: Protocol) -> None:
    with st.popover("Download", icon=":material/download:", disabled=not protocol.segments):
        for form, text in (("CSV", protocol_csv(protocol)), ("JSON", protocol_json(protocol))):
            st.download_button(
                f"As {form}",
                text.encode("utf-8-sig" if form == "CSV" else "utf-8"),
                file_name=f"protocol-version-{protocol.version}.{form.lower()}",
                mime="text/csv" if form == "CSV" else "application/json",
                width="stretch",
                on_click="ignore",
            )


def _show_instructions(
    protocol: Protocol, project: Project, *, may_change: bool, save: Save
) -> None:
    st.subheader("Instructions")
    if not may_change:
        st.text(protocol.instructions or "None beyond those of the segments.")
        return
    with st.form(fresh_key("instructions", project), border=False):
        text = st.text_area(
            "For all segments",
            value=protocol.instructions,
            max_chars=LONGEST_TEXT,
            height=180,
            placeholder="Use the venous phase. Leave out vessels at the hilum.",
        )
        if st.form_submit_button("Save instructions"):
            save(protocol.segments, text, "The instructions are saved.")


def _show_versions(
    versions: list[Protocol], project: Project, *, may_change: bool, save: Save
) -> None:
    if not versions:
        return
    st.subheader("Versions")
    by_number = {one.version: one for one in versions}
    number = st.selectbox(
        "Versions",
        list(by_number),
        format_func=lambda one: _version_text(by_number[one]),
        key=fresh_key("version", project),
        label_visibility="collapsed",
    )
    chosen = by_number[number]
    st.caption(
        "A new version changes the segments of series that nobody has begun; the others keep "
        "theirs."
    )
    if chosen is versions[0]:
        return
    with st.container(border=True):
        _show_segments(chosen)
        st.text(chosen.instructions)
        if may_change and st.button("Use this version again", key="use-version"):
            told = f"Version {chosen.version} is used again."
            save(chosen.segments, chosen.instructions, told)


def _version_text(one: Protocol) -> str:
    when = f"{one.time:%Y-%m-%d %H:%M}" if one.time is not None else ""
    return f"{one.version} · {when} · {one.person} · {count(len(one.segments), 'segment')}"
