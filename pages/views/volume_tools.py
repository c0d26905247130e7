"""Operations on a whole segment: chosen, shown on the slices, then applied as one step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import streamlit as st

from core.annotation.records import MaskChange, StoreError, VersionConflict
from core.annotation.store import SliceAnnotation
from core.annotation.volume_changes import VolumeTask, change_volume, preview_volume
from core.dicom.geometry import Geometry
from core.segments.segment import Segment
from pages.session.volume_preview import (
    clear_preview,
    drop_outdated_preview,
    show_preview,
    volume_preview,
)
from pages.session.widget_keys import leaving_key
from pages.session.work import Work, is_locked
from pages.views.formatting import count, plain
from pages.views.volume_operations import choose_operation, voxel_grid


@dataclass
class VolumeToolsMemory:
    """What a tab remembers of the panel.

    Attributes
    ----------
    is_open : bool
        Whether the panel is shown.
    outcome : str
        What the last operation did, until the next one.
    """

    is_open: bool = False
    outcome: str = ""


def volume_tools_button(work: Work) -> None:
    """Offer to open the panel, or to close it.

    Parameters
    ----------
    work : Work
        Series being worked on.
    """
    memory = work.memory.part(VolumeToolsMemory)
    if st.button(
        "Volume tools",
        # Not coloured while it is open: only the one next step is.
        icon=":material/close:" if memory.is_open else ":material/view_in_ar:",
        key=leaving_key("volume-tools"),
        help="Close the volume tools."
        if memory.is_open
        else "Clean, smooth, grow or combine a segment on many slices at once.",
    ):
        memory.is_open, memory.outcome = not memory.is_open, ""
        clear_preview(work)
        st.rerun()


def volume_tools(work: Work, segment: Segment) -> None:
    """Show the panel if it is open.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment : Segment
        The one to change.
    """
    memory = work.memory.part(VolumeToolsMemory)
    if not memory.is_open:
        return
    with st.container(border=True, key="volume-tools", gap="xsmall"):
        if is_locked(work, segment.number):
            clear_preview(work)
            st.caption(f"{plain(segment.label)} is locked. Unlock it in the list of segments.")
            return
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            task, asked = _task(work, segment)
            if _is_other(work, asked):
                clear_preview(work)
                st.rerun()
            wants_preview, applies = _buttons(work)
        try:
            if wants_preview and task is not None:
                _preview(work, task, asked)
            elif applies and task is not None:
                _apply(work, task, memory)
        except (StoreError, VersionConflict, ValueError) as error:
            st.error(str(error), icon=":material/error:")
            return
        if wants_preview or applies:
            st.rerun()
        st.caption(_text(work, segment, memory))


def _task(work: Work, segment: Segment) -> tuple[VolumeTask | None, object]:
    """What is chosen, as a task and as something that can be compared."""
    slices = work.series.summary.slices
    chosen = choose_operation(work, segment)
    first = st.number_input(
        "From slice", 1, slices, 1, key=f"volume-first-{work.annotation_key}", width=100
    )
    last = st.number_input(
        "To slice", 1, slices, slices, key=f"volume-last-{work.annotation_key}", width=100
    )
    own = st.checkbox(
        "Also slices I drew",
        key="volume-own",
        help="Slices that were drawn, accepted or corrected change only with this. Slices marked "
        "“not here” never change.",
    )
    if chosen is None:
        return None, None
    first, last = min(first, last), max(first, last)
    name = chosen.name[0].lower() + chosen.name[1:]
    task = VolumeTask(
        name, chosen.operation, segment.number, first - 1, last - 1, own, chosen.other
    )
    return task, (chosen.name, chosen.inputs, segment.number, first, last, own)


def _is_other(work: Work, asked: object) -> bool:
    """Whether something else is asked for than what the preview shows."""
    preview = volume_preview(work)
    return preview.asked is not None and preview.asked != asked


def _buttons(work: Work) -> tuple[bool, bool]:
    preview = volume_preview(work)
    wants_preview = st.button(
        "Preview",
        icon=":material/visibility:",
        key=leaving_key("volume-preview"),
        help="Shows a white outline on the slices that would change; nothing is stored.",
    )
    applies = st.button(
        "Apply",
        icon=":material/check:",
        # Coloured when it is the one next step.
        type="primary" if preview.changes else "secondary",
        key=leaving_key("volume-apply"),
        disabled=not preview.changes,
        help="Changes all these slices in one step, which undo takes back.",
    )
    return wants_preview, applies


def _preview(work: Work, task: VolumeTask, asked: object) -> None:
    with st.spinner("Computing…"):
        changes = preview_volume(work.store, work.annotation_key, task, work.series.volume.shape)
    work.memory.part(VolumeToolsMemory).outcome = ""
    show_preview(work, task.segment, changes, asked)


def _apply(work: Work, task: VolumeTask, memory: VolumeToolsMemory) -> None:
    with st.spinner("Computing…"):
        changed = change_volume(
            work.store, work.annotation_key, task, work.series.volume.shape, person=work.person
        )
    memory.outcome = f"Changed {count(len(changed), 'slice')}. One undo takes all of it back."
    clear_preview(work)


def _text(work: Work, segment: Segment, memory: VolumeToolsMemory) -> str:
    drop_outdated_preview(work)
    preview = volume_preview(work)
    if memory.outcome:
        return memory.outcome
    if preview.asked is None:
        return (
            f"Changes **{plain(segment.label)}**. What changes on slices that nobody confirmed is "
            "a proposal to be reviewed."
        )
    if not preview.changes:
        return "Nothing would change on these slices."
    own = work.annotations_of(preview.changes[0].segment_number)
    return changes_text(own, preview.changes, work.series.geometry)


def changes_text(
    own: Mapping[int, SliceAnnotation], changes: Sequence[MaskChange], geometry: Geometry
) -> str:
    """Say how many slices and how much of them would change.

    That is a volume, or an area where one slice of unknown thickness is all there is.

    Parameters
    ----------
    own : mapping of int to SliceAnnotation
        The segment as it is, by slice index.
    changes : sequence of MaskChange
        At least one, of this segment.
    geometry : Geometry
        Of the series.
    """
    grid = voxel_grid(geometry)
    if geometry.measures_volume:
        unit, sizes = "ml", grid.voxel_mm3 / 1000
    else:
        unit, sizes = "mm²", np.full_like(grid.thickness, prod(geometry.pixel_spacing))
    added = removed = 0.0
    emptied = 0
    for change in changes:
        assert change.mask is not None
        index = change.slice_index
        before = own[index].mask if index in own else np.zeros_like(change.mask)
        added += sizes[index] * np.count_nonzero(change.mask & ~before)
        removed += sizes[index] * np.count_nonzero(before & ~change.mask)
        emptied += not change.mask.any()
    slices = [change.slice_index + 1 for change in changes]
    place = f"slice {slices[0]}" if len(slices) == 1 else f"slices {slices[0]} to {slices[-1]}"
    text = f"{count(len(slices), 'slice')} would change ({place}): "
    parts = [
        f"{sign}{_two_digits(size)} {unit}" for sign, size in (("+", added), ("−", removed)) if size
    ]
    text += _unknown_sizes(geometry) or " and ".join(parts)
    return text + (f"; nothing is left on {count(emptied, 'slice')}." if emptied else ".")


def _unknown_sizes(geometry: Geometry) -> str:
    """Say what the operations take for granted of a series that does not state its sizes."""
    if not geometry.has_pixel_size:
        return "sizes are not known, a pixel counts as 1 mm"
    if not geometry.in_patient and len(geometry.positions) > 1:
        return "the distance between slices is not known and counts as 1 mm"
    return ""


def _two_digits(size: float) -> str:
    """Size with one or two digits after the point, and small ones not as nothing."""
    return f"{size:.1f}" if size >= 1 else f"{size:.2g}"
