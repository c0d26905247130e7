"""Adding and changing single segments of a protocol."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.projects.protocols import Protocol
from core.projects.records import Project
from core.segments.label_lists import LONGEST_INSTRUCTIONS, ListedLabel
from core.segments.overlap_rules import OVERLAP_NAMES, OverlapRule
from core.segments.segment import MAX_LABEL_LENGTH, default_color
from pages.views.code_search import find_term, hex_color, rgb_color
from pages.views.formatting import plain
from pages.views.project_deeds import fresh_key

_STYLE = """
<style>
[data-testid="stPopoverBody"]:has([class*="st-key-listed-fields"]) {width: min(40rem, 92vw);
  max-width: none;}
</style>
"""


def add_listed_segment(protocol: Protocol, project: Project) -> ListedLabel | None:
    """Let an administrator name a structure and find its code.

    Parameters
    ----------
    protocol : Protocol
        That it is added to.
    project : Project
        Whose protocol it is.

    Returns
    -------
    ListedLabel or None
        The one to add, once the button was pressed.
    """
    number = len(protocol.segments) + 1
    key = fresh_key("add-segment", project)
    left, right = _two_columns(key)
    with left:
        term = find_term("Structure", key)
        label, color = _name_and_color(
            term.label if term is not None else "", default_color(number), f"{key}-{term}"
        )
    with right:
        overlap, instructions = _rule_and_instructions(OverlapRule.UNLOCKED, "", key)
    pressed = st.button(
        "Add segment",
        type="primary",
        disabled=term is None,
        width="stretch",
        key="add-listed",
    )
    if not pressed or term is None:
        return None
    return _made(
        lambda: ListedLabel(
            label, term.category, term.type, term.modifier, color, overlap, instructions
        )
    )


def change_listed_segment(protocol: Protocol, project: Project) -> list[ListedLabel] | None:
    """Let an administrator change, move or remove a segment.

    Parameters
    ----------
    protocol : Protocol
        With at least one segment, else nothing is shown.
    project : Project
        Whose protocol it is.

    Returns
    -------
    list of ListedLabel or None
        All segments as they are to be, once a button was pressed.
    """
    segments = list(protocol.segments)
    if not segments:
        return None
    place = st.selectbox(
        "Segment",
        range(len(segments)),
        format_func=lambda one: f"{one + 1} {segments[one].label}",
        key=fresh_key("changed-segment", project),
    )
    before = segments[place]
    key = f"{fresh_key('change-segment', project)}-{place}"
    left, right = _two_columns(key)
    with left:
        term = find_term("Find another code", key)
        coded = before
        if term is not None:
            coded = replace(before, category=term.category, type=term.type, modifier=term.modifier)
        color = before.color or default_color(place + 1)
        label, color = _name_and_color(before.label, color, key)
    with right:
        overlap, instructions = _rule_and_instructions(before.overlap, before.instructions, key)
    st.caption(plain(f"{coded.type.meaning} · {coded.type.scheme} {coded.type.value}"))
    if st.button("Save", type="primary", width="stretch", key="save-listed"):
        changed = _made(
            lambda: replace(
                coded, label=label, color=color, overlap=overlap, instructions=instructions
            )
        )
        return None if changed is None else [*segments[:place], changed, *segments[place + 1 :]]
    return _moved_or_removed(segments, place)


def _moved_or_removed(segments: list[ListedLabel], place: int) -> list[ListedLabel] | None:
    others = [*segments[:place], *segments[place + 1 :]]
    up, down, remove = st.columns(3)
    if up.button("Move up", disabled=place == 0, width="stretch", key="listed-up"):
        return [*others[: place - 1], segments[place], *others[place - 1 :]]
    is_last = place == len(others)
    if down.button("Move down", disabled=is_last, width="stretch", key="listed-down"):
        return [*others[: place + 1], segments[place], *others[place + 1 :]]
    if remove.button("Remove", width="stretch", key="listed-remove"):
        return others
    return None


def _two_columns(key: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Columns in a menu that is wide enough for them."""
    st.html(_STYLE)
    with st.container(key=f"listed-fields-{key}"):
        return st.columns(2)


def _name_and_color(
    label: str, color: tuple[int, int, int], key: str
) -> tuple[str, tuple[int, int, int]]:
    name_column, color_column = st.columns([3, 1], vertical_alignment="bottom")
    name = name_column.text_input(
        "Name", value=label, max_chars=MAX_LABEL_LENGTH, key=f"{key}-name"
    )
    chosen = color_column.color_picker("Colour", value=hex_color(color), key=f"{key}-color")
    return name.strip(), rgb_color(chosen)


def _rule_and_instructions(
    overlap: OverlapRule, instructions: str, key: str
) -> tuple[OverlapRule, str]:
    rules = list(OVERLAP_NAMES)
    rule = st.selectbox(
        "Overlap with other segments",
        rules,
        index=rules.index(overlap),
        format_func=lambda one: OVERLAP_NAMES[one],
        key=f"{key}-overlap",
    )
    text = st.text_area(
        "Instructions",
        value=instructions,
        max_chars=LONGEST_INSTRUCTIONS,
        height=134,
        key=f"{key}-instructions",
        placeholder="Where it begins and ends, what belongs to it and what does not.",
    )
    return rule, text.strip()


def _made(make: Callable[[], ListedLabel]) -> ListedLabel | None:
    """Return a segment, or say why there can be none."""
    try:
        listed = make()
        listed.segment(1)
    except ValueError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    return listed
