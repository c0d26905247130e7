"""The line above a reading of a project: its state, whose it is, and what may be done next."""

import html
from collections.abc import Callable

import streamlit as st

from core.annotation.store import StoreError
from core.dicom.shown_names import isolated
from core.projects.moves import move, possible_moves
from core.projects.projects import project_for
from core.projects.records import WorkItem, WorkState
from core.projects.visibility import require_seeing
from pages.session.chosen_series import open_store
from pages.session.widget_keys import leaving_key
from pages.session.work import Work
from pages.views.formatting import plain
from pages.views.next_step import Next, NextStep
from pages.views.reading_links import comparison_button
from pages.views.work_comments import comments_button
from pages.views.work_instructions import instructions_button
from pages.views.work_opening import open_next

FINISHING_KEY = leaving_key("finish-work", to_page=True)
"""Key of the button that hands in or accepts, and goes on with the next series."""

_LABELS = {
    (WorkState.TO_DO, WorkState.IN_PROGRESS): "Take",
    (WorkState.RETURNED, WorkState.IN_PROGRESS): "Take",
    (WorkState.IN_PROGRESS, WorkState.TO_REVIEW): "Hand in",
    (WorkState.RETURNED, WorkState.TO_REVIEW): "Hand in",
    (WorkState.TO_REVIEW, WorkState.IN_PROGRESS): "Take back",
    (WorkState.TO_REVIEW, WorkState.DONE): "Accept",
    (WorkState.TO_REVIEW, WorkState.RETURNED): "Return",
    (WorkState.DONE, WorkState.RETURNED): "Return",
    (WorkState.IN_PROGRESS, WorkState.DONE): "Finish",
    (WorkState.DONE, WorkState.IN_PROGRESS): "Reopen",
}
_HELP = {
    "Return": "Sends it back to be corrected. Say in a comment what is missing first.",
    "Hand in": "Leaves it to a reviewer; nothing can be drawn then until it is returned.",
    "Accept": "Marks it as done.",
}
_FINISHING = {"Hand in": "Hand in and next", "Accept": "Accept and next"}

_STYLE = """
<style>
.st-key-work-line {gap: 0.5rem; min-height: 2.5rem;}
.st-key-work-line .work-text {margin: 0; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; font-size: 0.9rem;}
.st-key-work-line > :first-child {flex: 1 1 14rem; min-width: 0;}
.st-key-work-line button {min-height: 2.2rem; padding: 0 0.7rem;}
</style>
"""


def work_line(
    work: Work,
    step: NextStep | None = None,
    changed: Callable[[], None] = st.rerun,
    beside: Callable[[], None] = lambda: None,
) -> None:
    """Show the line; nothing outside projects.

    Parameters
    ----------
    work : Work
        What is open.
    step : NextStep, optional
        Of the segment being worked on, where there is one that may be changed.
    changed : callable
        Called once the slice shown or the comments have changed.
    beside : callable
        Shows further buttons in the line, where nothing can be changed.

    Raises
    ------
    AccessRefused
        If the person may not see the reading any more.
    """
    item = require_seeing(work.store, work.annotation_key, work.person)
    if item is None:
        return
    moves = possible_moves(work.store, item.annotation_key, work.person)
    if item.state is WorkState.RETURNED and item.assigned == work.person:
        moves.remove(WorkState.IN_PROGRESS)  # it can be drawn on as it is
    reason = work.reason_against_editing
    st.html(_STYLE)
    with st.container(horizontal=True, vertical_alignment="center", key="work-line"):
        st.html(_text(work, item, reason))
        instructions_button(work, item)
        comments_button(work, changed)
        comparison_button(work)
        if reason:
            beside()
        for after in moves:
            _move_button(work, item, after, is_done=step is not None and step.next is Next.HAND_IN)


def _text(work: Work, item: WorkItem, reason: str) -> str:
    whose = "yours" if item.assigned == work.person else item.assigned or "nobody's"
    parts = [f"Number {item.number}", str(item.state), isolated(whose)]
    if item.reading > 1:
        parts.insert(1, "second reading" if item.reading == 2 else "adjudication")
    if item.reviewer is not None and item.state in (WorkState.TO_REVIEW, WorkState.DONE):
        reviewer = "you" if item.reviewer == work.person else isolated(item.reviewer)
        parts.append(f"reviewed by {reviewer}")
    said = html.escape(" · ".join(parts))
    if reason:
        said += f'. <span role="status">View only: {html.escape(reason)}</span>'
    return f'<p class="work-text" title="{html.escape(" · ".join(parts))}">{said}</p>'


def _move_button(work: Work, item: WorkItem, after: WorkState, *, is_done: bool) -> None:
    """Offer a change of state; coloured where `is_done` says that nothing else is left to do."""
    label = _LABELS.get((item.state, after), str(after).capitalize())
    finishing = _FINISHING.get(label)
    if st.button(
        label,
        key=leaving_key(f"move-{after.name.lower()}"),
        help=_HELP.get(label),
        type="primary" if label == "Take" else "secondary",
    ) and _moved(work, item, after):
        st.rerun()
    if finishing is None:
        return
    if st.button(
        finishing,
        key=FINISHING_KEY,
        help=f"{finishing}: opens the next series for you (Ctrl+Enter)",
        type="primary" if label == "Accept" or is_done else "secondary",
    ) and _moved(work, item, after):
        store = open_store(work.entrance.settings.database)
        open_next(work.entrance, store, project_for(store, item.project_key, work.person))


def _moved(work: Work, item: WorkItem, after: WorkState) -> bool:
    """Move a reading, as it was shown; or say why that is refused."""
    try:
        move(work.store, item.annotation_key, after, work.person, based_on=item.version)
    except StoreError as error:
        st.toast(plain(str(error)), icon=":material/error:")
        return False
    return True
