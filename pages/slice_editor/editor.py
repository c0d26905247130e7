"""The slice editor on its page.

What a person does is stored and answered before anything is drawn; a run of this fragment is all
that a stroke needs. The rest of the page is drawn again only when it has changed.
"""

import contextlib
import json
import math
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.annotation.ends import stated_ends
from core.annotation.store import StoreBusy
from core.projects.working_times import SHORTEST_INTERVAL_S, report_activity
from core.segments.segment import Segment
from pages.server.editor_scripts import editor_address
from pages.server.field_scripts import field_addresses
from pages.session.volume_preview import drop_outdated_preview, volume_preview
from pages.session.work import (
    Work,
    current_segment,
    current_slice,
    set_segment,
    set_segment_display,
    set_slice,
    set_tool,
    while_seen,
)
from pages.slice_editor.client_state import ClientState
from pages.slice_editor.incoming import Outbox, read_outbox
from pages.slice_editor.message_handling import Answer, Answers, answer_messages
from pages.slice_editor.message_values import MessageError
from pages.slice_editor.outgoing import make_message, owner_of

KEY = "slice-editor"
"""Key of the element and of its fragment."""

SIDE = "slice-editor-side"
"""Key of the fragment beside it, drawn again when counts change."""


@dataclass
class EditorMemory:
    """What a tab remembers of its editor.

    Attributes
    ----------
    client_state : ClientState
        What was sent to the browser so far.
    answers : Answers
        Given to its messages so far.
    side_content : object
        What the page beside the editor showed last; see `_side_content`.
    reported_at : float
        Monotonic time of the last report of activity, in seconds.
    """

    client_state: ClientState = field(default_factory=ClientState)
    answers: Answers = field(default_factory=Answers)
    side_content: Any = None
    reported_at: float = -math.inf


@st.fragment(key=KEY)
@while_seen
def show_slice_editor(work: Work, *, reviews: bool = False) -> None:
    """Show the editor for the series; at least one segment is needed.

    Parameters
    ----------
    work : Work
        Series being worked on.
    reviews : bool
        Whether the page is the one for reviewing.
    """
    outbox, answers = _store_messages(work)
    drop_outdated_preview(work)
    segments = work.segments()
    segment = current_segment(work, segments)
    if segment is None:
        st.rerun()
    memory = work.memory.part(EditorMemory)
    if memory.side_content is None:
        memory.side_content = _side_content(work, segment)
    # Markup, style and a first script come with the message, and a browser fetches a module only
    # once: where a page is built again right after a lost connection, a file that could not be
    # fetched would leave an error in place of the editor.
    component = st.components.v2.component(
        "slice_editor", html=_part("editor.html"), css=_part("editor.css"), js=_first_script()
    )
    component(
        data=make_message(
            work, memory.client_state, outbox, answers, segments, segment, reviews=reviews
        ),
        key=KEY,
        on_outbox_change=lambda: _outbox_changed(work),
    )


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / "slicewise" / name).read_text(encoding="utf-8")


def _first_script() -> str:
    """A module that imports the editor by an absolute address, because it has none itself.

    What menus will need is fetched once the editor is here.
    """
    address = editor_address()
    return (
        f"const {{ default: show }} = await import(`${{location.origin}}{address}/editor.js`);\n"
        f"const later = await import(`${{location.origin}}{address}/fetching_ahead.js`);\n"
        f"later.fetchAhead({json.dumps(field_addresses())});\n"
        "export default show;\n"
    )


@while_seen
def _outbox_changed(work: Work) -> None:
    """Store at once; a run that shows the outcome follows."""
    _store_messages(work)
    drop_outdated_preview(work)
    segment = current_segment(work, work.segments())
    side_content = _side_content(work, segment)
    memory = work.memory.part(EditorMemory)
    if memory.side_content != side_content and _only_fragments_run():
        memory.side_content = side_content
        st.rerun([KEY, SIDE])


def rerun_editor() -> None:
    """Run the fragments of the editor and of its surroundings again, from within one of them."""
    if _only_fragments_run():
        st.rerun([KEY, SIDE])


def _only_fragments_run() -> bool:
    """Whether this run draws less than a page; one that draws a page must not be cut short."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def _store_messages(work: Work) -> tuple[Outbox, list[Answer]]:
    try:
        state = st.session_state[KEY]["outbox"]
    except (KeyError, TypeError):
        state = None
    summary = work.series.summary
    try:
        outbox = read_outbox(state, (summary.slices, summary.rows, summary.columns))
    except MessageError:
        # Our own editor sends no such message; without an answer it shows that nothing is saved.
        return Outbox(), []
    if outbox.client and (outbox.owner, outbox.annotation) != (owner_of(work), work.key):
        # Of somebody who was signed in here before, or drawn on another series: the tab keeps it
        # until they are again, or it is open again.
        return Outbox(), []
    memory = work.memory.part(EditorMemory)
    reported = (outbox.slice, outbox.segment)
    if outbox.messages or (outbox.client and reported != memory.client_state.reported):
        _report_activity(work, memory)
    if outbox.client and reported != memory.client_state.reported:
        memory.client_state.reported = reported
        if outbox.slice is not None:
            set_slice(work, outbox.slice)
        if outbox.segment is not None:
            set_segment(work, outbox.segment)
    if outbox.client:
        set_tool(work, outbox.tool, outbox.window)
        if outbox.segments is not None:
            set_segment_display(work, outbox.segments)
    return outbox, answer_messages(work, memory.answers, outbox.messages)


def _report_activity(work: Work, memory: EditorMemory) -> None:
    """Add to the person's working time in a project, now and then."""
    now = time.monotonic()
    if work.item is not None and now - memory.reported_at >= SHORTEST_INTERVAL_S:
        memory.reported_at = now
        # Nothing waits for it: a store that is busy gets the next report.
        with contextlib.suppress(StoreBusy):
            report_activity(work.store, work.annotation_key, work.person)


def _side_content(work: Work, segment: Segment | None) -> Any:
    """What the page beside the editor shows: while it stays the same, nothing is drawn anew."""
    states = {place: one.state for place, one in work.store.annotation(work.annotation_key).items()}
    ends = stated_ends(work.store, work.annotation_key)
    locked = work.memory.segments.locked
    shown = (current_slice(work), volume_preview(work).version, work.reason_against_editing)
    return segment, locked, states, ends, shown
