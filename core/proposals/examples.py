"""What goes into proposing and what comes out: examples and proposals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.network.overlap import dice
from core.segments.ends import UNSTATED, Ends


@dataclass(frozen=True, eq=False)
class SegmentExamples:
    """The slices of one segment that were confirmed by a person.

    Attributes
    ----------
    number : int
        Segment number.
    masks : mapping of int to np.ndarray
        Slice index to bool [row, column]; an empty mask says that the structure is not there.
    ends : Ends
        First and last slice that show the structure, where a person has stated them.
    accepted : frozenset of int
        Those of these slices whose mask was proposed and accepted as it was; all others were drawn
        or corrected.
    """

    number: int
    masks: Mapping[int, np.ndarray]
    ends: Ends = UNSTATED
    accepted: frozenset[int] = frozenset()

    @property
    def enclosing_ends(self) -> Ends:
        """The stated ends, widened to enclose every slice on which the structure is drawn."""
        return self.ends.widened([index for index, mask in self.masks.items() if mask.any()])

    def beyond_ends(self, slices: int) -> list[int]:
        """List the slices next to the stated ends, which are known not to show the structure.

        Parameters
        ----------
        slices : int
            Slices of the series.

        Returns
        -------
        list of int
            At most two; without slices that are examples.
        """
        ends = self.enclosing_ends
        beyond = [] if ends.first is None else [ends.first - 1]
        beyond += [] if ends.last is None else [ends.last + 1]
        return [index for index in beyond if 0 <= index < slices and index not in self.masks]


@dataclass(frozen=True, eq=False)
class Proposal:
    """A mask the model suggests for a slice.

    Attributes
    ----------
    segment : int
        Segment number.
    slice : int
        Slice index.
    mask : np.ndarray
        bool [row, column]; empty where the structure was searched for and not found.
    expected_dice : float or None
        Dice to expect; None for an empty mask, and until the proposal is final.
    """

    segment: int
    slice: int
    mask: np.ndarray
    expected_dice: float | None = None


def check_examples(volume: np.ndarray, segments: Sequence[SegmentExamples]) -> None:
    """Make sure that examples belong to a volume.

    Parameters
    ----------
    volume : np.ndarray
        [slice, row, column].
    segments : sequence of SegmentExamples
        All segments.

    Raises
    ------
    ValueError
        If a slice or an end does not exist, a mask has another size, or a number occurs twice.
    """
    if volume.ndim != 3:
        raise ValueError(f"volume: got shape {volume.shape}; expected [slice, row, column]")
    numbers = [segment.number for segment in segments]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"segments: got numbers {numbers}; expected each once")
    for segment in segments:
        for end in (segment.ends.first, segment.ends.last):
            if end is not None and not 0 <= end < len(volume):
                raise ValueError(
                    f"segment {segment.number}: got an end on slice {end}; "
                    f"expected slices 0 to {len(volume) - 1}"
                )
        for index, mask in segment.masks.items():
            if not 0 <= index < len(volume):
                raise ValueError(
                    f"segment {segment.number}: got an example on slice {index}; "
                    f"expected slices 0 to {len(volume) - 1}"
                )
            if mask.shape != volume.shape[1:] or mask.dtype != bool:
                raise ValueError(
                    f"segment {segment.number}, slice {index}: got a mask of shape {mask.shape} "
                    f"and type {mask.dtype}; expected {volume.shape[1:]} and bool"
                )


def neighbours(known: Iterable[int], index: int) -> tuple[int | None, int | None]:
    """Find the nearest members of a set before and after an index, other than itself."""
    known = list(known)
    below = max((place for place in known if place < index), default=None)
    above = min((place for place in known if place > index), default=None)
    return below, above


def neighbours_overlap(examples: Mapping[int, np.ndarray], index: int) -> float | None:
    """Dice of the examples before and after a slice with one another; None without both."""
    below, above = neighbours(examples, index)
    if below is None or above is None:
        return None
    return dice(examples[below], examples[above])


def joined(
    examples: Mapping[int, np.ndarray], proposals: Iterable[Proposal], shape: tuple[int, ...]
) -> np.ndarray:
    """Put what is drawn and what is proposed of one segment into one array.

    Parameters
    ----------
    examples : mapping of int to np.ndarray
        Slice index to bool [row, column].
    proposals : iterable of Proposal
        Of other slices; of two for the same slice the later counts.
    shape : tuple of int
        Slices, rows and columns.

    Returns
    -------
    np.ndarray
        bool [slice, row, column].
    """
    found = np.zeros(shape, dtype=bool)
    for proposal in proposals:
        found[proposal.slice] = proposal.mask
    for index, mask in examples.items():
        found[index] = mask
    return found
