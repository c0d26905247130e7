"""What an operation on a whole segment would change, shown in this tab and stored nowhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.annotation.records import MaskChange, SliceAnnotation
from core.annotation.run_length import encode_runs
from core.annotation.states import SliceState
from core.annotation.versions import SliceKey
from pages.session.work import Work

PREVIEW_SEGMENT: Final = 0
"""Stands for the preview where masks are sent to the editor; segments are numbered from 1."""


@dataclass
class VolumePreview:
    """The preview of a tab, to be kept in its `PageMemory`.

    Attributes
    ----------
    changes : list of MaskChange
        What is shown; nothing where there is no preview.
    segment : int or None
        Number of the segment that would change.
    asked : object
        What was asked for; equal as long as the same is asked for.
    based_on : mapping
        Versions of all masks that it was computed from.
    masks : dict
        What the editor has to show by place: slices of earlier previews are empty.
    version : int
        Counted up with every preview.
    """

    changes: list[MaskChange] = field(default_factory=list)
    segment: int | None = None
    asked: Any = None
    based_on: Mapping[SliceKey, int] = field(default_factory=dict)
    masks: dict[SliceKey, SliceAnnotation] = field(default_factory=dict)
    version: int = 0


def volume_preview(work: Work) -> VolumePreview:
    """Return the preview of this tab; it may be without changes."""
    return work.memory.part(VolumePreview)


def show_preview(work: Work, segment: int, changes: list[MaskChange], asked: Any) -> None:
    """Show changes in the editor until something is drawn, or something else is asked for."""
    preview = volume_preview(work)
    _replace(work, preview, changes)
    preview.segment, preview.asked, preview.based_on = segment, asked, _versions(work)


def clear_preview(work: Work) -> bool:
    """Stop showing a preview; returns whether one was shown."""
    preview = volume_preview(work)
    if preview.asked is None:
        return False
    _replace(work, preview, [])
    preview.segment, preview.asked, preview.based_on = None, None, {}
    return True


def drop_outdated_preview(work: Work) -> None:
    """Stop showing a preview of masks that have changed since."""
    preview = volume_preview(work)
    if preview.asked is not None and preview.based_on != _versions(work):
        clear_preview(work)


def _versions(work: Work) -> dict[SliceKey, int]:
    return {place: one.version for place, one in work.store.annotation(work.annotation_key).items()}


def _replace(work: Work, preview: VolumePreview, changes: Iterable[MaskChange]) -> None:
    preview.version += 1
    preview.changes = list(changes)
    summary = work.series.summary
    shape = (summary.rows, summary.columns)
    preview.masks = {
        (PREVIEW_SEGMENT, index): SliceAnnotation(
            PREVIEW_SEGMENT, index, shape, version=preview.version
        )
        for _, index in preview.masks
    }
    for change in preview.changes:
        assert change.mask is not None
        place = (PREVIEW_SEGMENT, change.slice_index)
        preview.masks[place] = SliceAnnotation(
            *place,
            shape,
            SliceState.PROPOSED,
            preview.version,
            encode_runs(change.mask),
            int(change.mask.sum()),
        )
