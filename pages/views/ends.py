"""The ends of a structure: asking for them, telling of drawings beyond them, and stating them."""

from collections.abc import Sequence

import streamlit as st

from core.annotation.ends import drawn_beyond, state_end, stated_ends
from core.annotation.records import StatedEnds, StoreError
from core.segments.ends import End, Ends
from core.segments.segment import Segment
from pages.session.widget_keys import leaving_key
from pages.session.work import Work, current_slice
from pages.views.formatting import plain

_BUTTONS = {End.FIRST: "Begins here", End.LAST: "Ends here"}
"""As the slice editor names them in `input/keys.js`."""
_BEYOND = {
    End.FIRST: "from the slice before to the beginning",
    End.LAST: "from the next slice to the end",
}


def ends_of(work: Work, segment: Segment) -> Ends:
    """What is stated of the ends of a segment."""
    return stated_ends(work.store, work.annotation_key).get(segment.number, StatedEnds()).ends


def ask_for_ends(segment: Segment, asked: Sequence[End]) -> None:
    """Ask for the ends that nobody knows, in a sentence.

    Parameters
    ----------
    segment : Segment
        The one being worked on.
    asked : sequence of End
        At least one.
    """
    st.markdown(asking_for_ends(plain(segment.label), asked, ("**", "**")))


def asking_for_ends(label: str, asked: Sequence[End], quotes: tuple[str, str]) -> str:
    """Return the sentence that asks for ends.

    Parameters
    ----------
    label : str
        Name of the segment.
    asked : sequence of End
        At least one.
    quotes : (str, str)
        Written before and after the name of a button.

    Returns
    -------
    str
        One sentence, and what need not be done.
    """
    slices = " and the ".join(asked)
    buttons = " and ".join(f"{quotes[0]}{_BUTTONS[end]}{quotes[1]}" for end in asked)
    return (
        f"Next: go to the {slices} slice that {'show' if len(asked) > 1 else 'shows'} "
        f"{label}, and press {buttons}. Nothing has to be drawn there."
    )


def tell_drawn_beyond(work: Work, segment: Segment) -> None:
    """Say where the segment is drawn although it is stated not to reach that far."""
    text = drawn_beyond_text(work, segment)
    if text:
        st.markdown(f":orange[:material/warning: {text}]")


def drawn_beyond_text(work: Work, segment: Segment) -> str:
    """Where the segment is drawn although it is stated not to reach that far; blank if nowhere."""
    ends = ends_of(work, segment)
    beyond = drawn_beyond(ends, work.annotations_of(segment.number))
    if not beyond:
        return ""
    end = End.FIRST if ends.first is not None and beyond[0] < ends.first else End.LAST
    place = ends.of(end)
    assert place is not None
    more = f" and {len(beyond) - 1} more" if len(beyond) > 1 else ""
    side = "before" if end is End.FIRST else "behind"
    return (
        f"Drawn on slice {beyond[0] + 1}{more}, {side} the {end} slice ({place + 1}). "
        "Clear it, or state the end again."
    )


def end_buttons(work: Work, segment: Segment) -> None:
    """Offer to state that the segment begins or ends on the slice shown, or to take that back."""
    index, ends = current_slice(work), ends_of(work, segment)
    for column, end in zip(st.columns(2), End, strict=True):
        is_here = ends.of(end) == index
        column.button(
            _BUTTONS[end],
            key=leaving_key(f"{end}-slice"),
            icon=":material/check:" if is_here else None,
            width="stretch",
            on_click=_state,
            args=(work, segment, end, None if is_here else index),
            help=f"States that this is the {end} slice that shows the structure, not here "
            f"{_BEYOND[end]}; once more takes it back.",
        )
    stated = [f"{end} slice {place + 1}" for end in End if (place := ends.of(end)) is not None]
    if stated:
        st.caption(f"Stated: {', '.join(stated)}.")


def _state(work: Work, segment: Segment, end: End, index: int | None) -> None:
    try:
        state_end(work.store, work.annotation_key, segment.number, end, index, person=work.person)
    except StoreError as error:
        st.toast(str(error), icon=":material/error:")
