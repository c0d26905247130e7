"""A segment after the passes, with what other series said of it, if anything."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.proposals.scores import LIMIT
from core.proposals.segment_state import PreparedSegment, SegmentState
from core.proposals.taught import TaughtSegment


@dataclass(frozen=True, eq=False)
class HeardState:
    """What is to be proposed of a segment.

    Attributes
    ----------
    state : SegmentState
        What the examples of the series itself say.
    taught : TaughtSegment or None
        What other series said.
    wanted : collection of int
        Slices that are asked for.
    """

    state: SegmentState
    taught: TaughtSegment | None
    wanted: Collection[int]

    @property
    def number(self) -> int:
        """Segment number."""
        return self.state.segment.number

    @cached_property
    def slices(self) -> frozenset[int]:
        """Slices to propose: those answered, and those where only other series found anything."""
        if self.taught is None:
            return frozenset(self.state.first)
        segment = self.state.segment
        return frozenset(self.state.first).union(
            index
            for index in self.taught.masks
            if index in self.wanted
            and index not in segment.examples
            and segment.ends.encloses(index)
            and self.taught.believed_alone(index)
        )

    def gap(self, index: int) -> int:
        """Slices to the nearest example that a person confirmed."""
        return self.state.segment.gap(index)

    def log_odds(self, index: int) -> np.ndarray:
        """Log-odds on the whole slice: float32 [row, column], minus infinity where it is not."""
        segment = self.state.segment
        if self.taught is None:
            return segment.crop.whole(self.state.log_odds(index), outside=-np.inf)
        own = self.state.opinion(index) if index in self.state.first else None
        return joined_log_odds(segment, self.taught, index, own)

    def expected_dice(self, index: int, log_odds: np.ndarray) -> float | None:
        """Dice to expect of a proposal with these log-odds, in [0, 1]; None where unknown."""
        own = None
        if index in self.state.first:
            window = self.state.segment.crop.window
            own = self.state.expected_dice(index, log_odds[window])
        if self.taught is None or not (log_odds > 0).any():
            return own
        return self.taught.expected_dice(index, own, self.gap(index))


def joined_log_odds(
    segment: PreparedSegment, taught: TaughtSegment, index: int, own: np.ndarray | None
) -> np.ndarray:
    """Join what the examples of the series itself and what other series say of a slice.

    Parameters
    ----------
    segment : PreparedSegment
        With the examples.
    taught : TaughtSegment
        What other series said.
    index : int
        The slice.
    own : np.ndarray or None
        Log-odds by the examples, float32 on the window of the segment's crop; None where the
        structure was not followed so far, but other series found it.

    Returns
    -------
    np.ndarray
        Log-odds on the whole slice, float32 [row, column].
    """
    whole = None if own is None else segment.crop.whole(own, outside=-LIMIT)
    return taught.joined(index, whole, segment.gap(index))
