"""Adding the segments of a label list, a CSV or JSON file, to the open series."""

import streamlit as st

from core.annotation.store import StoreError
from core.segments.label_lists import MOST_BYTES, LabelListError, ListedLabel, read_label_list
from pages.session.gate import Entrance
from pages.session.uploaded_files import opened_upload, release_uploaded
from pages.session.work import Work, set_segment
from pages.views.dialog_button import dialog_button
from pages.views.formatting import count, plain

_OPEN = "label-list.open"
_TOLD = "label-list.told"


def label_list_button(name: str) -> None:
    """Show a button that opens the choice of a list, which `show_label_list` shows.

    Parameters
    ----------
    name : str
        Tells it from other such buttons; letters and hyphens.
    """
    dialog_button(
        "Add from a label list…",
        ":material/list:",
        f"label-list-{name}",
        "Adds the segments that a CSV or JSON file lists, with their codes and colours.",
        _OPEN,
    )


def show_label_list(entrance: Entrance, work: Work) -> None:
    """Show the choice where it was asked for; called by the page itself, not within a fragment.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    work : Work
        Series being worked on.
    """
    if told := st.session_state.pop(_TOLD, None):
        st.toast(told, icon=":material/check:")
    if entrance.arrived:
        _forget()
    if st.session_state.get(_OPEN):
        _choose(work)


def _forget() -> None:
    st.session_state.pop(_OPEN, None)


@st.dialog("Add from a label list", on_dismiss=_forget)
def _choose(work: Work) -> None:
    file = st.file_uploader(
        "CSV or JSON",
        key="label-list-file",
        help="CSV with a line of column names, or a JSON list of objects: label, and where wanted "
        "code, scheme, meaning, category, side and color.",
    )
    if file is None:
        return
    try:
        with opened_upload(file) as content:
            labels = read_label_list(content.read(MOST_BYTES + 1))
    except LabelListError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    known = {segment.label.casefold() for segment in work.segments()}
    chosen = st.multiselect(
        "Segments to add",
        range(len(labels)),
        default=[place for place, one in enumerate(labels) if one.label.casefold() not in known],
        format_func=lambda place: _described(labels[place]),
        key=f"label-list-chosen-{file.file_id}",
        help="Those whose name the series has already are left out at first.",
    )
    if st.button(
        f"Add {count(len(chosen), 'segment')}",
        type="primary",
        width="stretch",
        disabled=not chosen,
        key="label-list-add",
    ) and _add(work, [labels[place] for place in sorted(chosen)]):
        release_uploaded([file])
        st.rerun()


def _described(one: ListedLabel) -> str:
    side = f", {one.modifier.meaning.lower()}" if one.modifier is not None else ""
    return f"{plain(one.label)} ({plain(one.type.meaning)}{side})"


def _add(work: Work, labels: list[ListedLabel]) -> bool:
    """Add segments, and choose the first of them; whether that worked."""
    numbers = []
    try:
        for one in labels:
            numbers.append(work.store.next_segment_number(work.annotation_key))
            work.store.save_segment(work.annotation_key, one.segment(numbers[-1]), work.person)
    except (StoreError, ValueError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return False
    set_segment(work, numbers[0])
    st.session_state[_TOLD] = f"Added {count(len(labels), 'segment')}."
    _forget()
    return True
