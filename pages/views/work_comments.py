"""Comments on a reading: pinned to slices, answered, settled."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.annotation.store import StoreError
from core.projects.comments import (
    LONGEST_COMMENT,
    Comment,
    add_comment,
    comments_on,
    resolve_comment,
)
from pages.session.work import Work, current_segment, current_slice, set_segment, set_slice
from pages.views.formatting import plain


@dataclass
class _Written:
    """How many comments this tab has written, so that the next field is empty."""

    number: int = 0


def comments_button(work: Work, changed: Callable[[], None]) -> None:
    """Offer the comments, and to add one.

    Parameters
    ----------
    work : Work
        A reading of a project.
    changed : callable
        Called once the slice shown or the comments have changed.
    """
    comments = comments_on(work.store, work.annotation_key, work.person)
    still_open = [one for one in comments if not one.resolved]
    name = f"Comments {len(still_open)}" if still_open else "Comments"
    with st.popover(name, icon=":material/comment:", key="work-comments", width="content"):
        for one in still_open:
            _show(work, one, changed)
        _add(work, changed)
        settled = [one for one in comments if one.resolved]
        if settled:
            st.caption(f"Settled: {len(settled)}")
        for one in settled:
            _show(work, one, changed)


def open_comment_slices(work: Work) -> list[int]:
    """Slices with a comment that nobody has settled, from 0; none outside projects."""
    if work.item is None:
        return []
    comments = comments_on(work.store, work.annotation_key, work.person)
    return sorted(
        {one.slice_index for one in comments if not one.resolved and one.slice_index is not None}
    )


def _show(work: Work, one: Comment, changed: Callable[[], None]) -> None:
    with st.container(border=True, key=f"comment-{one.id}", gap="xsmall"):
        st.markdown(_lines(one.text))
        for answer in one.answers:
            st.markdown(f"> {_name(answer.person)}: {_lines(answer.text)}")
        st.caption(f"{_name(one.person)} · {one.time:%Y-%m-%d %H:%M} UTC")
        with st.container(horizontal=True, gap="small"):
            if one.slice_index is not None and st.button(
                f"Slice {one.slice_index + 1}", key=f"to-slice-{one.id}", icon=":material/place:"
            ):
                set_slice(work, one.slice_index)
                if one.segment_number is not None:
                    set_segment(work, one.segment_number)
                changed()
            word = "Open again" if one.resolved else "Settle"
            if st.button(word, key=f"resolve-{one.id}"):
                _do(
                    work,
                    lambda: resolve_comment(
                        work.store,
                        work.annotation_key,
                        one.id,
                        work.person,
                        resolved=not one.resolved,
                    ),
                    changed,
                )
        if one.resolved:
            return
        key = f"answer-{one.id}-{len(one.answers)}"
        text = st.text_input(
            "Answer", key=key, max_chars=LONGEST_COMMENT, placeholder="Answer, then Enter"
        )
        if text.strip():
            _do(
                work,
                lambda: add_comment(
                    work.store, work.annotation_key, text, work.person, answer_to=one.id
                ),
                changed,
            )


def _add(work: Work, changed: Callable[[], None]) -> None:
    memory = work.memory.part(_Written)
    index, segments = current_slice(work), work.segments()
    segment = current_segment(work, segments)
    places = {
        "slice": f"On slice {index + 1}" + (f", {segment.label}" if segment else ""),
        "all": "On the whole series",
    }
    with st.form(f"add-comment-{memory.number}", border=False):
        text = st.text_area(
            "New comment", max_chars=LONGEST_COMMENT, height=80, placeholder="What is missing?"
        )
        place = st.radio(
            "Where",
            list(places),
            format_func=lambda one: plain(places[one]),
            label_visibility="collapsed",
            horizontal=True,
        )
        sent = st.form_submit_button("Add comment", width="stretch")
    if sent and text.strip():
        is_pinned = place == "slice"

        def add() -> None:
            add_comment(
                work.store,
                work.annotation_key,
                text,
                work.person,
                slice_index=index if is_pinned else None,
                segment_number=segment.number if is_pinned and segment is not None else None,
            )
            memory.number += 1

        _do(work, add, changed)


def _do(work: Work, deed: Callable[[], object], changed: Callable[[], None]) -> None:
    try:
        deed()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
    else:
        changed()


def _name(person: str) -> str:
    """Name of a person; an address is no link."""
    return plain(person).replace("@", "&#64;")


def _lines(text: str) -> str:
    return "  \n".join(plain(line) for line in text.splitlines())
