"""The comparison on its page: shows it, and carries out what a reviewer decides."""

import html
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from core.annotation.records import StoreError, VersionConflict
from core.projects.adjudication import start_adjudication, take_readings
from core.projects.moves import move
from core.projects.readings import ADJUDICATED, visible_readings
from core.projects.records import AccessRefused, WorkState
from core.projects.visibility import require_seeing
from pages.comparison.content import Comparison, compare, comparison_message
from pages.comparison.requests import Asked, Deed, read_asked
from pages.session.chosen_series import choose_work
from pages.session.widget_keys import keep_shown, shown_last
from pages.session.work import Work, current_slice, set_segment, set_slice, while_seen
from pages.views.formatting import count

KEY = "comparison"
"""Key of the element and of its fragment."""

_BEGINNING = "take both readings"
"""First step of every adjudication, which begins anew where it is taken back."""

_STYLE = """
<style>
.st-key-comparison-row {
  display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 0.5rem; align-items: center;
}
.st-key-comparison-row p {margin: 0;}
.st-key-comparison-row > * {width: auto !important; min-width: 0;}
/* What a person decides shows at once; nothing fades until the server has answered. */
.st-key-comparison, .st-key-comparison-row, .st-key-comparison-row * {
  opacity: 1 !important; transition: none !important;
}
</style>
"""


@dataclass
class ComparisonMemory:
    """What a tab remembers of the comparison.

    Attributes
    ----------
    client : str
        Element in the browser that asked last.
    handled : int
        Number of the last thing it has done that was carried out or refused.
    problem : str
        Why the last one was refused; "" where it was not.
    is_placed : bool
        Whether a slice was shown already.
    """

    client: str = ""
    handled: int = 0
    problem: str = ""
    is_placed: bool = False


@st.fragment(key=KEY)
@while_seen
def show_comparison(work: Work) -> None:
    """Compare both readings of the series that is open, and adjudicate them.

    Parameters
    ----------
    work : Work
        A reading of a series that two people read.
    """
    memory = work.memory.part(ComparisonMemory)
    asked = read_asked(_sent())
    if asked.place != work.annotation_key:
        asked = Asked()  # about another reading, which was open before
    draws = carry_out(work, memory, asked)
    try:
        comparison = compare(work)
    except AccessRefused:
        require_seeing(work.store, work.annotation_key, work.person)
        st.info(
            "You may see one reading of this series; both can be compared when the adjudicated one "
            "is done."
        )
        return
    except StoreError as error:
        st.error(str(error), icon=":material/lock:")
        return
    if draws is not None:
        _draw(work, draws)
    _row(work, comparison)
    segment = comparison.segment(
        asked.segment if asked.segment is not None else work.memory.segment
    )
    if segment is None:
        st.info("Neither reading has a segment; there is nothing to compare.")
        return
    number = segment.segment.number
    index = _slice_shown(work, comparison, number, asked)
    window = keep_shown("window", asked.window or shown_last("window", ""))
    message = comparison_message(work, comparison, segment, index, window, asked.present)
    answered = {
        "place": work.annotation_key,
        "client": memory.client,
        "handled": memory.handled,
        "problem": memory.problem,
        "undo": _may_undo(work, comparison),
    }
    st.components.v2.component(
        "slicewise_comparison",
        html=_part("comparison.html"),
        css=_part("comparison.css"),
        js=_part("comparison.js"),
    )(data=message | answered, key=KEY, on_asked_change=lambda: None)


def carry_out(work: Work, memory: ComparisonMemory, asked: Asked) -> Deed | None:
    """Store what was decided since the last time, in order.

    Every write checks once more whether the person may adjudicate.

    Parameters
    ----------
    work : Work
        A reading of the series.
    memory : ComparisonMemory
        Of this tab; updated.
    asked : Asked
        From the browser.

    Returns
    -------
    Deed or None
        Where the person wants to draw.
    """
    if not asked.client:
        return None
    if asked.client != memory.client:
        memory.client, memory.handled, memory.problem = asked.client, 0, ""
    draws = None
    for deed in asked.deeds:
        if deed.number <= memory.handled:
            continue
        memory.handled, memory.problem = deed.number, ""
        try:
            if deed.action == "draw":
                draws = deed
            else:
                _carry_out_one(work, deed)
        except (StoreError, VersionConflict) as error:
            memory.problem = str(error)
    return draws


def _carry_out_one(work: Work, deed: Deed) -> None:
    final = _final_key(work)
    if deed.action == "undo":
        if work.store.undo_action(final, work.person) != _BEGINNING:
            work.store.undo(final, work.person)
        return
    where = deed.segment, deed.slice_index
    take_readings(work.store, final, {where: 1 if deed.reading == 1 else 2}, work.person)


def _final_key(work: Work) -> str:
    """Key of the adjudicated reading; whether the person may change it is checked by each write."""
    readings = visible_readings(work.store, work.annotation_key, work.person)
    final = [one.annotation_key for one in readings if one.reading == ADJUDICATED]
    if not final:
        raise AccessRefused
    return final[0]


def _may_undo(work: Work, comparison: Comparison) -> bool:
    if not comparison.adjudication.decides:
        return False
    return work.store.undo_action(_final_key(work), work.person) not in (None, _BEGINNING)


def _slice_shown(work: Work, comparison: Comparison, number: int, asked: Asked) -> int:
    """Slice that the person asked for or looked at last, else the worst one."""
    memory = work.memory.part(ComparisonMemory)
    worst = [] if memory.is_placed else comparison.worst_first(number)
    first = worst[0].slice_index if worst else current_slice(work)
    index = asked.slice_index if asked.slice_index is not None else first
    memory.is_placed = True
    set_segment(work, number)
    set_slice(work, index)
    return current_slice(work)


def _row(work: Work, comparison: Comparison) -> None:
    """One line above the comparison: what is to do, and the button for it."""
    adjudication = comparison.adjudication
    st.html(_STYLE)
    with st.container(key="comparison-row"):
        st.html(f'<p class="line-text">{html.escape(_what_to_do(comparison))}</p>')
        if adjudication.may_begin:
            if st.button("Begin adjudication", type="primary", icon=":material/balance:"):
                _begin(work)
        elif adjudication.decides:
            is_decided = adjudication.left == 0
            if st.button(
                "Done",
                icon=":material/check:",
                type="primary" if is_decided else "secondary",
                disabled=not is_decided,
                help="Finishes the adjudicated reading, and both others with it.",
            ):
                _finish(work)
        if st.button("Export", icon=":material/download:"):
            st.switch_page("pages/export.py")


def _what_to_do(comparison: Comparison) -> str:
    adjudication = comparison.adjudication
    if adjudication.reason:
        return adjudication.reason
    if adjudication.may_begin:
        return (
            "Adjudication begins with the slices on which both agree; you decide about the others."
        )
    if not adjudication.decides:
        return "How far both readings agree. The least agreement comes first."
    if adjudication.left:
        return (
            f"{count(adjudication.left, 'slice')} left to decide; the least agreement comes first."
        )
    return "All slices are decided. Next: done."


def _begin(work: Work) -> None:
    try:
        final = start_adjudication(work.store, work.annotation_key, work.person)
        choose_work(work.entrance, final)
    except StoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.rerun()


def _finish(work: Work) -> None:
    try:
        move(work.store, _final_key(work), WorkState.DONE, work.person)
    except StoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.rerun()


def _draw(work: Work, deed: Deed) -> None:
    """Open the editor on the adjudicated reading, at the slice and the segment of the deed."""
    set_segment(work, deed.segment)
    set_slice(work, deed.slice_index)
    st.switch_page("pages/annotate.py")


def _sent() -> object:
    try:
        return st.session_state[KEY]["asked"]
    except (KeyError, TypeError):
        return None


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
