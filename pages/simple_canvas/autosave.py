"""From the canvas to the store: everything drawn is on disk before anything else happens."""

from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.annotation.actions import save_drawing
from core.annotation.store import SliceAnnotation, StoreError, VersionConflict
from pages.session.work import Work, is_locked
from pages.simple_canvas import drawable_canvas as editor
from pages.simple_canvas.drawable_canvas import CanvasMemory
from pages.simple_canvas.interface import MaskEvent


@dataclass
class SavingMemory:
    """What a tab remembers of what it stored.

    Attributes
    ----------
    conflict : MaskEvent or None
        A mask that is not stored, because somebody else changed the slice in the meantime.
    written : dict of (int, int) to int
        Newest version stored from this tab, by segment number and slice index.
    """

    conflict: MaskEvent | None = None
    written: dict[tuple[int, int], int] = field(default_factory=dict)


def save_drawn(work: Work) -> None:
    """Store what was drawn since the last run.

    A change made elsewhere in the meantime is not overwritten: it becomes a conflict for the person
    to resolve. A drawing overrides a newer proposal.
    """
    for event in editor.drawn_masks(work.memory.part(CanvasMemory)):
        _save(work, event)


def show_conflict(work: Work) -> None:
    """Let the person resolve a conflict, if there is one."""
    event = work.memory.part(SavingMemory).conflict
    if event is None:
        return
    st.warning(
        f"Slice {event.slice_index + 1} was changed in another tab while you drew on it. "
        "Your last stroke there is **not saved** yet.",
        icon=":material/call_split:",
    )
    keep, redraw = st.columns(2)
    keep.button("Keep the stored version", width="stretch", on_click=_resolve, args=(work,))
    redraw.button(
        "Add my strokes to it",
        type="primary",
        width="stretch",
        on_click=_draw_on_stored,
        args=(work, event),
    )


def has_conflict(work: Work) -> bool:
    """Whether a conflict waits for the person."""
    return work.memory.part(SavingMemory).conflict is not None


def _save(work: Work, event: MaskEvent) -> None:
    canvas = work.memory.part(CanvasMemory)
    memory = work.memory.part(SavingMemory)
    if is_locked(work, event.segment_number):
        editor.refused(canvas, event, "This segment is locked; unlock it in the slice editor.")
        return
    try:
        editor.stored(canvas, event, _store(work, event, event.mask, event.based_on))
    except VersionConflict:
        newest = _newest(work, event)
        if memory.written.get((event.segment_number, event.slice_index)) == newest.version:
            _add_strokes(work, event, newest)
        else:
            memory.conflict = event
            editor.refused(canvas, event, "This slice was changed in another tab.")
    except StoreError as error:
        editor.refused(canvas, event, str(error))


def _add_strokes(work: Work, event: MaskEvent, newest: SliceAnnotation) -> None:
    """Add the strokes of an event to a mask stored in the meantime."""
    canvas = work.memory.part(CanvasMemory)
    try:
        version = _store(work, event, event.on(newest.mask), newest.version)
    except (VersionConflict, StoreError) as error:
        editor.refused(canvas, event, str(error))
    else:
        editor.stored(canvas, event, version, as_sent=False)


def _store(work: Work, event: MaskEvent, mask: NDArray[np.bool_], based_on: int) -> int:
    version = save_drawing(
        work.store,
        work.annotation_key,
        event.segment_number,
        event.slice_index,
        mask,
        person=work.person,
        tool=event.tool,
        based_on=based_on,
        allow_clear=event.erased,
        locked=work.memory.segments.locked,
    )
    work.memory.part(SavingMemory).written[event.segment_number, event.slice_index] = version
    return version


def _newest(work: Work, event: MaskEvent) -> SliceAnnotation:
    return work.store.slice(work.annotation_key, event.segment_number, event.slice_index)


def _draw_on_stored(work: Work, event: MaskEvent) -> None:
    _resolve(work)
    _add_strokes(work, event, _newest(work, event))


def _resolve(work: Work) -> None:
    work.memory.part(SavingMemory).conflict = None
    work.memory.part(CanvasMemory).problem = None
