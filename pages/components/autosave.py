"""From the editor to the store: everything drawn is on disk before anything else happens."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.annotation.review import correct
from core.annotation.states import SliceState
from core.annotation.store import SliceAnnotation, StoreError, VersionConflict
from pages.components import drawable_canvas as editor
from pages.components.editors import MaskEvent
from pages.components.work import Work

_CONFLICT = "autosave.conflict"
_WRITTEN = "autosave.written"


def save_drawn(work: Work) -> None:
    """Store what was drawn since the last run.

    A change that somebody made in the meantime is not overwritten: it becomes a conflict for the
    person to settle. A proposal that came in the meantime is, for people come first.
    """
    for event in editor.drawn_masks():
        _save(work, event)


def show_conflict(work: Work) -> None:
    """Let the person settle a conflict, if there is one."""
    event: MaskEvent | None = st.session_state.get(_CONFLICT)
    if event is None:
        return
    st.warning(
        f"Slice {event.slice_index + 1} was changed in another tab while you drew on it. "
        "Your last stroke there is **not saved** yet.",
        icon=":material/call_split:",
    )
    keep, redraw = st.columns(2)
    keep.button("Keep what the other tab stored", width="stretch", on_click=_settle)
    redraw.button(
        "Put my strokes on top of it",
        type="primary",
        width="stretch",
        on_click=_draw_again,
        args=(work, event),
    )


def has_conflict() -> bool:
    """Whether a conflict waits for the person."""
    return _CONFLICT in st.session_state


def _save(work: Work, event: MaskEvent) -> None:
    try:
        editor.stored(event, _store(work, event, event.mask, event.based_on))
    except VersionConflict:
        newest = _newest(work, event)
        own = _written().get((event.segment_number, event.slice_index)) == newest.version
        if own or newest.state is SliceState.PROPOSED:
            _put_on(work, event, newest)
        else:
            st.session_state[_CONFLICT] = event
            editor.refused(event, "This slice was changed in another tab.")
    except StoreError as error:
        editor.refused(event, str(error))


def _put_on(work: Work, event: MaskEvent, newest: SliceAnnotation) -> None:
    """Store the strokes of an event on top of a mask that came in the meantime."""
    # A proposal that nobody has looked at does not become part of what a person drew.
    over = newest.state is SliceState.PROPOSED
    mask = event.mask if over else event.on(newest.mask)
    try:
        version = _store(work, event, mask, newest.version)
    except (VersionConflict, StoreError) as error:
        editor.refused(event, str(error))
    else:
        editor.stored(event, version, as_sent=over)


def _store(work: Work, event: MaskEvent, mask: NDArray[np.bool_], based_on: int) -> int:
    version = correct(
        work.store,
        work.uid,
        event.segment_number,
        event.slice_index,
        mask,
        person=work.person,
        tool=event.tool,
        based_on=based_on,
        allow_clear=event.erased,
    )
    _written()[(event.segment_number, event.slice_index)] = version
    return version


def _newest(work: Work, event: MaskEvent) -> SliceAnnotation:
    return work.store.slice(work.uid, event.segment_number, event.slice_index)


def _draw_again(work: Work, event: MaskEvent) -> None:
    _settle()
    _put_on(work, event, _newest(work, event))


def _settle() -> None:
    st.session_state.pop(_CONFLICT, None)
    editor.clear_problem()


def _written() -> dict[tuple[int, int], int]:
    written: dict[tuple[int, int], int] = st.session_state.setdefault(_WRITTEN, {})
    return written
