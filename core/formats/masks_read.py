"""What reading a file of masks gives: the masks, and what to know before using them."""

from dataclasses import dataclass

from core.segments.segment_masks import SegmentMasks


@dataclass(frozen=True, eq=False)
class MasksRead:
    """Masks of a file on a series.

    Parameters
    ----------
    segments : list of SegmentMasks
        In the order of their numbers.
    cautions : tuple of str
        What the file states and could not be honoured, or what was left out; one sentence each.
    """

    segments: list[SegmentMasks]
    cautions: tuple[str, ...] = ()
