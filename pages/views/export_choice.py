"""Which segments are exported, and whether proposals that nobody reviewed are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.annotation.absence import is_absent
from core.annotation.import_storing import IMPORT_TOOL
from core.annotation.states import EXAMPLE_STATES, STATE_NAMES, SliceState
from core.annotation.store import SliceAnnotation
from core.annotation.versions import SliceKey
from core.formats.selection import (
    absent_segments,
    reviewed_segments,
    unreviewed_segments,
    weights_of,
)
from core.segments.segment import Segment
from core.segments.segment_masks import SegmentMasks
from pages.session.memory import PageMemory
from pages.views.formatting import count, plain

_SHOWN_AT_ONCE = 8  # segments; more of them scroll
_HEIGHT = 420  # CSS pixels


@dataclass(frozen=True, eq=False)
class ExportChoice:
    """What is exported.

    Attributes
    ----------
    numbers : tuple of int
        Segments chosen.
    unreviewed : bool
        Whether their unreviewed proposals are included.
    masks : list of SegmentMasks
        What goes into the file.
    weights : str or None
        Weights behind it.
    """

    numbers: tuple[int, ...]
    unreviewed: bool
    masks: list[SegmentMasks]
    weights: str | None


@dataclass
class _Boxes:
    """The boxes of the segments, which are made anew to choose all or none of them.

    Setting the value of a box would not reach a browser that builds it again.
    """

    first_value: bool = True
    generation: int = 0

    def renew(self, value: bool) -> None:
        """Make all boxes anew with a value."""
        self.first_value = value
        self.generation += 1


def choose_export(
    memory: PageMemory,
    segments: list[Segment],
    annotation: Mapping[SliceKey, SliceAnnotation],
    slices: int,
) -> ExportChoice:
    """Let the person choose among the segments that have masks; at first, all are chosen.

    Parameters
    ----------
    memory : PageMemory
        What the tab remembers of the series.
    segments : list of Segment
        All segments of the series.
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    slices : int
        Number of slices of the series.

    Returns
    -------
    ExportChoice
        What is chosen.
    """
    numbers = _choose_segments(memory, segments, annotation, slices)
    picked = [segment for segment in segments if segment.number in numbers]
    own = {key: one for key, one in annotation.items() if key[0] in numbers}
    proposals = unreviewed_segments(picked, own)
    include = _choose_unreviewed(proposals)
    masks = reviewed_segments(picked, own) + (proposals if include else [])
    masks += absent_segments(picked, own, slices)
    return ExportChoice(numbers, include, masks, weights_of(own, unreviewed=include))


def _choose_segments(
    memory: PageMemory,
    segments: list[Segment],
    annotation: Mapping[SliceKey, SliceAnnotation],
    slices: int,
) -> tuple[int, ...]:
    boxes = memory.part(_Boxes)
    marked = {number for (number, _), one in annotation.items() if one.pixels}
    marked |= {one.number for one in segments if is_absent(annotation, one.number, slices)}
    offered = [segment for segment in segments if segment.number in marked]
    if len(offered) > 1:
        with st.container(horizontal=True):
            st.button("All segments", key="export-all", on_click=boxes.renew, args=(True,))
            st.button("No segment", key="export-none", on_click=boxes.renew, args=(False,))
    chosen = []
    many = len(offered) > _SHOWN_AT_ONCE
    with st.container(height=_HEIGHT if many else "content", border=many, key="export-segments"):
        for segment in offered:
            versions = [one for (number, _), one in annotation.items() if number == segment.number]
            is_empty = is_absent(annotation, segment.number, slices)
            content = "not in this series: an empty segment" if is_empty else _content(versions)
            label = f"**{plain(segment.label)}** · {content}"
            key = f"export-segment-{segment.number}-{boxes.generation}"
            if st.checkbox(label, value=boxes.first_value, key=key):
                chosen.append(segment.number)
    return tuple(chosen)


def _content(versions: list[SliceAnnotation]) -> str:
    """Tell what a segment would bring into the file."""
    reviewed = [one for one in versions if one.pixels and one.state in EXAMPLE_STATES]
    proposed = sum(one.state is SliceState.PROPOSED for one in versions)
    parts = []
    if reviewed:
        states = Counter(one.state for one in reviewed)
        by_state = ", ".join(
            f"{states[state]} {name}" for state, name in STATE_NAMES.items() if states[state]
        )
        imported = sum(one.tool == IMPORT_TOOL for one in reviewed)
        parts.append(f"{count(len(reviewed), 'slice')}: {by_state}")
        if imported:
            parts.append(f"{imported} imported")
        is_manual = states[SliceState.DRAWN] == len(reviewed)
        parts.append("MANUAL" if is_manual else "SEMIAUTOMATIC")
    if proposed:
        parts.append(f"{proposed} proposed, not reviewed")
    return " · ".join(parts)


def _choose_unreviewed(proposals: list[SegmentMasks]) -> bool:
    """Let the person decide about proposals nobody reviewed."""
    waiting = sum(len(segment.masks) for segment in proposals)
    if not waiting:
        return False
    st.warning(
        f"{count(waiting, 'unreviewed proposal')} will not be exported.",
        icon=":material/visibility_off:",
    )
    st.page_link("pages/review.py", label="Review proposals", icon=":material/fact_check:")
    return st.checkbox(
        "Include unreviewed proposals",
        help="As separate segments, named “(unreviewed)” and marked AUTOMATIC.",
    )
