"""Choosing, adding and changing the structures being annotated."""

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from core.annotation.absence import is_absent, mark_absent
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.store import StoreError, VersionConflict
from core.segments.anatomy import AnatomyTerm
from core.segments.overlap_rules import OVERLAP_NAMES
from core.segments.segment import Segment, default_color
from pages.session.work import Work, is_locked, set_segment
from pages.views.code_search import find_term, hex_color, rgb_color
from pages.views.dialog_button import dialogs_opened
from pages.views.formatting import count, plain
from pages.views.import_masks import import_button
from pages.views.label_list import label_list_button
from pages.views.late_menus import late_menu


@dataclass
class SegmentPanelMemory:
    """What a tab remembers of the panel.

    Attributes
    ----------
    changes : int
        How often a segment was changed or removed here.
    entered : dict of str to Any
        What was entered into fields of a menu, by their keys, until it is carried out: the menu may
        be closed meanwhile, to look at a slice.
    """

    changes: int = 0
    entered: dict[str, Any] = field(default_factory=dict)


def choose_segment(work: Work, segments: list[Segment], current: Segment) -> None:
    """Show the segments with their colours and counts, the current one marked.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segments : list of Segment
        At least one.
    current : Segment
        The one being worked on.
    """
    annotation = work.store.annotation(work.annotation_key)
    numbers = [segment.number for segment in segments]
    by_number = {segment.number: segment for segment in segments}

    def counts(number: int) -> str:
        states = [
            version.state for (segment, _), version in annotation.items() if segment == number
        ]
        done = sum(state in EXAMPLE_STATES for state in states)
        waiting = sum(state is SliceState.PROPOSED for state in states)
        return f"{done} done" + (f", {waiting} proposed" if waiting else "")

    def choose() -> None:
        number = st.session_state["segment"]
        # The browser answers with a label: one that was renamed meanwhile stands for no segment.
        if number in by_number:
            set_segment(work, number)

    _color_swatches(segments)
    st.session_state["segment"] = current.number
    st.radio(
        "Segment",
        numbers,
        # The number tells segments of the same name apart; counts would change the answer.
        format_func=lambda number: f"{number} {plain(by_number[number].label)}",
        captions=[counts(number) for number in numbers],
        key="segment",
        on_change=choose,
        label_visibility="collapsed",
    )


def segment_buttons(work: Work, current: Segment) -> None:
    """Offer to add a segment and to change the current one."""
    add, change = st.columns(2)
    # A popover of its own for each addition, and for each dialog: the next one starts closed.
    number = work.store.next_segment_number(work.annotation_key)
    key = f"add-{number}-{dialogs_opened()}"
    with add:
        late_menu("Add", ":material/add:", key, lambda: _ways_to_add(work))
    # And for each change: it closes once something was done in it.
    key = f"edit-{current.number}-{work.memory.part(SegmentPanelMemory).changes}"
    with change:
        late_menu("Edit", ":material/edit:", key, lambda: _change_segment(work, current))


def _ways_to_add(work: Work) -> None:
    add_segment(work)
    label_list_button("add")
    import_button("add")


def add_segment(work: Work) -> None:
    """Let the person name a structure, find its code, and add it as a segment."""
    number = work.store.next_segment_number(work.annotation_key)
    entered = work.memory.part(SegmentPanelMemory).entered
    term = find_term("Structure", f"anatomy-{number}", entered)
    label_column, color_column = st.columns([3, 1], vertical_alignment="bottom")
    name, color = f"name-{number}-{term}", f"color-{number}"
    entered[name] = label_column.text_input(
        "Name", value=entered.get(name, term.label if term else ""), key=name
    )
    entered[color] = color_column.color_picker(
        "Colour", value=entered.get(color, hex_color(default_color(number))), key=color
    )
    if st.button("Add segment", type="primary", disabled=term is None, width="stretch"):
        _save_new(work, number, entered[name], entered[color], term)


def _save_new(work: Work, number: int, label: str, color: str, term: AnatomyTerm | None) -> None:
    if term is None:
        return
    try:
        segment = Segment(
            number,
            label.strip(),
            rgb_color(color),
            term.category,
            term.type,
            type_modifier=term.modifier,
        )
        work.store.save_segment(work.annotation_key, segment, work.person)
    except (StoreError, ValueError) as error:
        st.error(str(error))
        return
    set_segment(work, number)
    work.memory.part(SegmentPanelMemory).entered.clear()
    st.rerun()


def _change_segment(work: Work, segment: Segment) -> None:
    entered = work.memory.part(SegmentPanelMemory).entered
    term = find_term("Find another code", f"code-{segment.number}", entered)
    coded = segment
    if term is not None:
        coded = replace(
            segment, category=term.category, type=term.type, type_modifier=term.modifier
        )
    with st.form(f"change-{segment.number}", border=False):
        label_column, color_column = st.columns([3, 1], vertical_alignment="bottom")
        label = label_column.text_input("Name", value=segment.label)
        color = color_column.color_picker("Colour", value=hex_color(segment.color))
        rules = tuple(OVERLAP_NAMES)
        overlap = st.selectbox(
            "Overlap with other segments",
            rules,
            index=rules.index(segment.overlap),
            format_func=lambda rule: OVERLAP_NAMES[rule],
            help="Overwriting takes the pixels you draw from other segments on the slice, those "
            "that allow overlap only with the first rule. A locked segment keeps its pixels: they "
            "are left out of what you draw. Proposals give way to what was drawn.",
        )
        scheme = "SNOMED CT" if coded.type.scheme == "SCT" else coded.type.scheme
        st.caption(plain(f"{coded.type.meaning} · {scheme} {coded.type.value}"))
        if st.form_submit_button("Save", type="primary"):
            try:
                changed = replace(
                    coded, label=label.strip(), color=rgb_color(color), overlap=overlap
                )
                work.store.save_segment(work.annotation_key, changed, work.person)
            except (StoreError, ValueError) as error:
                st.error(str(error))
            else:
                _changed(work)
    locked = is_locked(work, segment.number)
    if st.button(
        f"Remove {plain(segment.label)}",
        key=f"remove-{segment.number}",
        help="It is locked: unlock it in the list of segments first."
        if locked
        else "Undo restores it with all its masks.",
        disabled=locked,
    ):
        try:
            work.store.remove_segment(work.annotation_key, segment.number, work.person)
        except StoreError as error:
            st.error(str(error))
        else:
            _changed(work)
    _offer_absence(work, segment, locked)


def _offer_absence(work: Work, segment: Segment, locked: bool) -> None:
    """Let the person state that the structure is on no slice."""
    slices = work.series.summary.slices
    annotation = work.store.annotation(work.annotation_key)
    marked = sum(one.pixels > 0 for key, one in annotation.items() if key[0] == segment.number)
    cleared = f" Masks on {count(marked, 'slice')} are cleared." if marked else ""
    if not st.button(
        "Not in this series",
        key=f"absent-{segment.number}",
        help=f"Marks every slice as not here, which exports as an empty segment.{cleared} "
        "Undo takes it back.",
        disabled=locked or is_absent(annotation, segment.number, slices),
    ):
        return
    try:
        mark_absent(work.store, work.annotation_key, segment.number, slices, person=work.person)
    except (StoreError, VersionConflict) as error:
        st.error(str(error))
    else:
        _changed(work)


def _changed(work: Work) -> None:
    memory = work.memory.part(SegmentPanelMemory)
    memory.changes += 1
    memory.entered.clear()
    st.rerun()


def _color_swatches(segments: list[Segment]) -> None:
    rules = "".join(
        f".st-key-segment [role=radiogroup] > div:nth-of-type({position}) p::before"
        "{content: ''; display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 2px;"
        f"margin-right: 0.4rem; vertical-align: -1px; background: {hex_color(segment.color)};}}"
        for position, segment in enumerate(segments, start=1)
    )
    # The counts below a name are paragraphs, too.
    rules += (
        '.st-key-segment [data-testid="stCaptionContainer"] p::before {content: none !important;}'
    )
    st.html(f"<style>{rules}</style>")
