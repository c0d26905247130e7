"""Importing the segments of a protocol from a label list, with a preview."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.dicom.errors import DicomError
from core.projects.protocols import Protocol, read_protocol_segments
from core.segments.label_lists import MOST_BYTES, LabelListError, ListedLabel
from core.segments.segment import default_color
from pages.session.gate import Entrance
from pages.session.uploaded_files import opened_upload, release_uploaded
from pages.views.dialog_button import dialog_button
from pages.views.formatting import count, plain
from pages.views.text_table import text_table

_OPEN = "protocol-import.open"
_REPLACE, _APPEND = "Replace all segments", "Add those that are new"

Save = Callable[[Sequence[ListedLabel], str, str], None]
"""Writes segments and instructions, and says what has been done."""


def import_list_button() -> None:
    """Show a button that opens the choice of a list, which `show_list_import` shows."""
    dialog_button(
        "Import list…",
        ":material/list:",
        "protocol-import",
        "Reads the segments from a CSV or JSON file, with codes, colours and instructions.",
        _OPEN,
    )


def show_list_import(entrance: Entrance, protocol: Protocol, save: Save) -> None:
    """Show the choice where it was asked for.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    protocol : Protocol
        As it is now.
    save : callable
        Writes the next version.
    """
    if entrance.arrived:
        _forget()
    if st.session_state.get(_OPEN):
        _choose(protocol, save)


def _forget() -> None:
    st.session_state.pop(_OPEN, None)


@st.dialog("Import the protocol from a list", width="large", on_dismiss=_forget)
def _choose(protocol: Protocol, save: Save) -> None:
    file = st.file_uploader(
        "CSV or JSON",
        key="protocol-list",
        help="CSV with a line of column names, or a JSON list of objects: label, and where wanted "
        "code, scheme, meaning, category, side, color, overlap and instructions.",
    )
    if file is None:
        return
    try:
        with opened_upload(file) as content:
            listed = read_protocol_segments(content.read(MOST_BYTES + 1))
    except LabelListError as error:
        _show_faults(error)
        return
    except DicomError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    known = {one.label.casefold() for one in protocol.segments}
    new = [one for one in listed if one.label.casefold() not in known]
    how = _REPLACE
    if protocol.segments:
        how = st.radio("What to do", (_REPLACE, _APPEND), horizontal=True, key="protocol-how")
    after = listed if how == _REPLACE else [*protocol.segments, *new]
    _preview(protocol, listed if how == _REPLACE else new, after)
    is_same = tuple(after) == protocol.segments
    if st.button(
        f"Use {count(len(after), 'segment')}",
        type="primary",
        width="stretch",
        disabled=is_same,
        # A click on what was shown of another version is none on this one.
        key=f"protocol-import-use-{protocol.version}",
    ):
        _forget()
        release_uploaded([file])
        save(after, protocol.instructions, f"The protocol has {count(len(after), 'segment')} now.")


def _show_faults(error: LabelListError) -> None:
    said = "\n".join(f"- {plain(one)}" for one in error.sentences)
    st.error(f"Nothing was read:\n{said}", icon=":material/error:")


def _preview(
    protocol: Protocol, shown: Sequence[ListedLabel], after: Sequence[ListedLabel]
) -> None:
    """Show what the list holds, and what becomes of the segments that are there."""
    before = {one.label.casefold(): one for one in protocol.segments}
    names = {one.label.casefold() for one in after}
    removed = [one.label for one in protocol.segments if one.label.casefold() not in names]
    rows = [
        (
            one.label,
            _change(before, one),
            f"{one.type.meaning} ({one.type.value})",
            one.instructions,
        )
        for one in shown
    ]
    colors = [one.color or default_color(place) for place, one in enumerate(shown, start=1)]
    headings = ["Segment", "Change", "Code", "Instructions"]
    text_table("Segments of the list", headings, rows, colors=colors)
    if removed:
        st.warning(plain(f"No longer in the protocol: {', '.join(removed)}."))
    st.caption("Series that nobody has begun get these segments; the others keep theirs.")


def _change(before: dict[str, ListedLabel], one: ListedLabel) -> str:
    earlier = before.get(one.label.casefold())
    if earlier is None:
        return "new"
    return "as before" if earlier == one else "changed"
