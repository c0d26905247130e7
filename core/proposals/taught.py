"""What teachers said of a series, heard beside its own slices once something is drawn on it.

Close to a drawn slice its outline, carried along the images, is hard to beat; far from any, and
where the structure ends, other patients know more. So both are averaged in log-odds, and the share
of the teachers grows with the distance to the nearest example, unless they were wrong where a
person drew since. They speak by their masks alone: those are in the store, whichever process made
them, and an outline's distance tells as much as the network's own log-odds
(docs/proposals-measured-teachers.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.network.outlines import signed_distance, surroundings
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.scores import LIMIT
from core.proposals.taught_corrections import Corrections, corrections

SHARES = (0.0, 0.2, 0.5, 0.65, 0.7, 0.75, 0.8)
"""Share of the teachers by slices to the nearest example; the last from there on."""

_NO_TRUST, _FULL_TRUST = 0.7, 0.9
"""Dice of the teachers' masks with the examples, up to which they are not heard and from which they
are heard in full. With 0.25 and 0.5, three sarcomas took 5.0 touches instead of 2.7, hippocampi 3.0
instead of 2.8 (docs/proposals-measured-teachers.md)."""

_ALONE = 0.5
"""Trust from which teachers are believed where the examples' structure was not followed."""

_PER_RADIUS = 8.0
"""Log-odds a radius of the structure away from the teachers' outline."""

_SUREST = 4.0
"""Log-odds of the teachers at most."""


@dataclass(frozen=True, eq=False)
class TaughtSegment:
    """What was proposed of a segment from other series, on every slice of this one.

    Attributes
    ----------
    number : int
        Segment number.
    masks : mapping of int to np.ndarray
        bool [row, column] by slice index; where there is none, the structure was not found.
    expected : mapping of int to float
        Dice to expect of these masks by slice index, in [0, 1], as far as it is known.
    trust : float
        How far these masks are heard, in [0, 1]; see `judged_by`.
    corrections : Corrections or None
        How they are moved before they are heard; see `judged_by`.
    """

    number: int
    masks: Mapping[int, np.ndarray]
    expected: Mapping[int, float]
    trust: float = 1.0
    corrections: Corrections | None = None

    def judged_by(self, examples: SegmentExamples) -> "TaughtSegment":
        """Trust the teachers as far as they were right where a person drew or confirmed since.

        Proposals that were accepted say too much in favour of the teachers, since those that were
        wrong were not accepted; drawn slices say too little, since the most doubtful ones are drawn
        first. So where something is drawn, the trust is the mean of that by the drawn slices alone
        and that by all of them (docs/proposals-measured-teachers.md). What is wrong with their
        outlines there is put right on the slices around, too.

        Parameters
        ----------
        examples : SegmentExamples
            Examples on the series itself.

        Returns
        -------
        TaughtSegment
            The same with another `trust` and the `corrections` that the examples tell.
        """
        compared = {index: self._compared(index, mask) for index, mask in examples.masks.items()}
        drawn = [one for index, one in compared.items() if index not in examples.accepted]
        trusts = [_trust_by(one) for one in (drawn, list(compared.values()))]
        known = [trust for trust in trusts if trust is not None]
        return replace(
            self,
            trust=float(np.mean(known)) if known else 0.0,
            corrections=corrections(self.masks, examples.masks),
        )

    def _compared(self, index: int, mask: np.ndarray) -> tuple[int, int]:
        """Pixels that the teachers and an example have in common, and those of both together."""
        said = self.masks.get(index, np.zeros((), bool))
        return int((said & mask).sum()), int(said.sum()) + int(mask.sum())

    def found(self, index: int) -> bool:
        """Whether teachers found the structure on a slice."""
        mask = self.masks.get(index)
        return mask is not None and bool(mask.any())

    def believed_alone(self, index: int) -> bool:
        """Whether the structure is proposed on a slice to which its examples did not lead."""
        return self.trust >= _ALONE and self.found(index)

    def share(self, gap: int) -> float:
        """Share of the teachers in log-odds, so many slices from the nearest example."""
        return self.trust * SHARES[min(gap, len(SHARES) - 1)]

    def log_odds(self, index: int, shape: tuple[int, ...]) -> np.ndarray:
        """Log-odds that the teachers' mask suggests: float32 [row, column], positive inside."""
        log_odds = np.full(shape, -_SUREST, np.float32)
        if not self.found(index):
            return log_odds
        mask = self.masks[index]
        if self.corrections is not None:
            mask = self.corrections.applied(index, mask)
            if not mask.any():
                return log_odds
        radius = max(1.0, float(np.sqrt(mask.sum() / np.pi)))
        # Where the log-odds are lowest is not worth measuring.
        room = int(np.ceil(radius * _SUREST / _PER_RADIUS)) + 1
        near = surroundings(mask, room)
        distance = signed_distance(mask[near], radius) * (_PER_RADIUS / radius)
        log_odds[near] = np.clip(distance, -_SUREST, _SUREST)
        return log_odds

    def joined(self, index: int, own: np.ndarray | None, gap: int) -> np.ndarray:
        """Join what is said of a slice.

        Parameters
        ----------
        index : int
            The slice.
        own : np.ndarray or None
            Log-odds by the examples of the series itself, float32 [row, column]; None where the
            structure was not followed so far, but teachers found it.
        gap : int
            Slices to the nearest example of the series itself, 1 or more.

        Returns
        -------
        np.ndarray
            Log-odds, float32 [row, column].
        """
        if own is None:
            return self.log_odds(index, self.masks[index].shape)
        taught = self.log_odds(index, own.shape)
        share = self.share(gap)
        return (1 - share) * np.clip(own, -LIMIT, LIMIT) + share * taught

    def expected_dice(self, index: int, own: float | None, gap: int) -> float | None:
        """Dice to expect of the joined mask: what is expected of both, weighed alike."""
        taught = self.expected.get(index)
        if taught is None or own is None:
            return own if taught is None else taught
        share = self.share(gap)
        return (1 - share) * own + share * taught


def _trust_by(compared: Sequence[tuple[int, int]]) -> float | None:
    """Trust by some of the examples; None where neither they nor the teachers show anything."""
    common = sum(shared for shared, _ in compared)
    total = sum(both for _, both in compared)
    if total == 0:
        return None
    return min(1.0, max(0.0, (2 * common / total - _NO_TRUST) / (_FULL_TRUST - _NO_TRUST)))


def heard(
    taught: Iterable[TaughtSegment], segments: Iterable[SegmentExamples]
) -> dict[int, TaughtSegment]:
    """Choose what is heard beside the examples of a series: what is trusted at all.

    Parameters
    ----------
    taught : iterable of TaughtSegment
        What other series said.
    segments : iterable of SegmentExamples
        Examples on the series itself.

    Returns
    -------
    dict of int to TaughtSegment
        By segment number, each judged by the examples of its segment.
    """
    examples = {one.number: one for one in segments}
    judged = [one.judged_by(examples[one.number]) for one in taught if one.number in examples]
    return {one.number: one for one in judged if one.trust > 0}


def heard_from(proposals: Iterable[Proposal]) -> list[TaughtSegment]:
    """Gather what `core.proposals.from_other_series.propose_from_teachers` proposed, by segment."""
    masks: dict[int, dict[int, np.ndarray]] = {}
    expected: dict[int, dict[int, float]] = {}
    for one in proposals:
        masks.setdefault(one.segment, {})[one.slice] = one.mask
        if one.expected_dice is not None:
            expected.setdefault(one.segment, {})[one.slice] = one.expected_dice
    return [TaughtSegment(number, masks[number], expected.get(number, {})) for number in masks]
