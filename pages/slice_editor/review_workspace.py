"""The review page around the slice editor: one line above it, and nothing else."""

import html
from collections.abc import Mapping

import streamlit as st

from core.annotation.actions import worst_first
from core.annotation.store import SliceAnnotation
from pages.session.proposal_jobs import running_job
from pages.session.widget_keys import leaving_key
from pages.session.work import Work, set_segment, set_slice, while_seen
from pages.slice_editor.editor import SIDE, show_slice_editor
from pages.views.counts import counts_table
from pages.views.job_progress import LINE_STYLE, show_progress_in_line
from pages.views.late_menus import MENU_STYLE, late_menu

_STYLE = """
<style>
.st-key-review-row {
  display: grid; grid-template-columns: minmax(0, 1fr) 8rem 8rem; gap: 0.5rem; align-items: center;
}
.st-key-review-row > * {width: auto !important; min-width: 0;}
[data-testid="stPopoverBody"]:has(.st-key-counts) {min-width: min(46rem, 90vw);}
.st-key-review-row .st-key-line {height: 2.5rem; max-height: 2.5rem;}
</style>
"""


def review_workspace(work: Work) -> None:
    """Show the editor with the proposals that wait, the least certain first.

    Parameters
    ----------
    work : Work
        Series being worked on, with a segment.
    """
    if work.entrance.arrived:
        _show_worst(work)
    _review_row(work)
    show_slice_editor(work, reviews=True)


def _show_worst(work: Work) -> None:
    worst = next(iter(worst_first(work.store.annotation(work.annotation_key))), None)
    if worst is not None:
        set_segment(work, worst.segment_number)
        set_slice(work, worst.slice_index)


@st.fragment(key=SIDE)
@while_seen
def _review_row(work: Work) -> None:
    annotation = work.store.annotation(work.annotation_key)
    is_done = not worst_first(annotation) and running_job(work) is None
    st.html(_STYLE + LINE_STYLE + MENU_STYLE)
    with st.container(horizontal=True, key="review-row"):
        with st.container(horizontal=True, vertical_alignment="center", key="line"):
            if not show_progress_in_line(work):
                st.html(f'<p class="line-text">{html.escape(_text(is_done, bool(annotation)))}</p>')
        late_menu(
            "Counts", ":material/table_chart:", "counts-menu", lambda: _counts(work, annotation)
        )
        if st.button(
            "Export",
            icon=":material/download:",
            type="primary" if is_done and annotation else "secondary",
            key=leaving_key("export", to_page=True),
            width="stretch",
        ):
            st.switch_page("pages/export.py")


def _counts(work: Work, annotation: Mapping[tuple[int, int], SliceAnnotation]) -> None:
    with st.container(key="counts"):
        counts_table(work, work.segments(), annotation)


def _text(is_done: bool, has_any: bool) -> str:
    if not has_any:
        return "Nothing to review yet: draw on a slice first."
    if is_done:
        return "All proposals are reviewed. Next: export."
    return "The least certain comes first. Drag along the strip to accept several at once."
