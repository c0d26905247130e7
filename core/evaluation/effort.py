"""How few slices a person must touch until the whole volume is right: a simulated annotator.

The annotator draws the true mask on the slice of largest area, asks for proposals, and from then on
goes where the program suggests: it draws the true mask there, or states that the structure is not
there. Both count as a touch. What a person would do without the program is simulated beside it:
evenly spaced slices, both ends among them, filled in between by the signed distance.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.evaluation.cases import LabelledVolume
from core.evaluation.peers import interpolate_signed_distance
from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.extent import slices_to_follow
from core.proposals.next_slice import suggest_slice
from core.proposals.proposer import propose

TARGETS: Final = (0.90, 0.95)
"""Dice of the whole volume, slices outside the structure included, that count as right."""


@dataclass(frozen=True)
class Effort:
    """Slices touched until each of `TARGETS` was reached, in their order."""

    touched: tuple[int, ...]

    def by_target(self) -> dict[str, int]:
        """Touched slices by target, as the report names it."""
        return {f"{target:.2f}": count for target, count in zip(TARGETS, self.touched, strict=True)}


def evaluate_effort(
    volumes: Sequence[LabelledVolume],
    engine: Engine,
    *,
    progress: Callable[[LabelledVolume], None] | None = None,
) -> dict[str, Any]:
    """Simulate the annotation of volumes with and without the program.

    Parameters
    ----------
    volumes : sequence of LabelledVolume
        The structures.
    engine : Engine
        The network.
    progress : callable, optional
        Called with each volume before it is annotated.

    Returns
    -------
    dict
        ``{"cases": [{"name", "set", "label", "slices", "touched": {target: n}, "baseline": {target:
        n}}], "mean_share": {target: share}, "baseline_share": {target: share}}``. Shares are of the
        structure's slices; means are taken within a data set first, then over data sets.
    """
    rows = []
    for volume in volumes:
        if progress:
            progress(volume)
        rows.append(
            {
                "name": volume.name,
                "set": volume.data_set,
                "label": volume.label,
                "slices": int(volume.mask.any(axis=(1, 2)).sum()),
                "touched": _effort(annotate(volume, engine), volume.mask).by_target(),
                "baseline": _effort(_evenly_spaced(volume), volume.mask).by_target(),
            }
        )
    return {
        "cases": rows,
        "mean_share": _mean_share(rows, "touched"),
        "baseline_share": _mean_share(rows, "baseline"),
    }


def annotate(volume: LabelledVolume, engine: Engine) -> Iterator[NDArray[np.bool_]]:
    """Annotate a volume touch by touch, led by the program.

    After each touch the slices up to the examples on either side are proposed anew, as on a page
    where a person carries on from there.

    Parameters
    ----------
    volume : LabelledVolume
        The image and the truth, of which the annotator shows one slice after the other.
    engine : Engine
        The network.

    Yields
    ------
    ndarray of bool
        [slice, row, column] after each touch: what was drawn and what is proposed.
    """
    examples: dict[int, NDArray[np.bool_]] = {}
    proposals: dict[int, Proposal] = {}
    touch: int | None = int(volume.mask.sum(axis=(1, 2)).argmax())
    while touch is not None:
        follow = slices_to_follow(examples, touch, len(volume.mask))
        examples[touch] = volume.mask[touch]
        for index in (touch, *follow):
            proposals.pop(index, None)
        for proposal in propose(
            volume.image,
            volume.spacing,
            volume.modality,
            [SegmentExamples(1, examples)],
            engine=engine,
            slices=follow,
        ):
            proposals[proposal.slice] = proposal
        found = np.zeros(volume.mask.shape, dtype=bool)
        for index, proposal in proposals.items():
            found[index] = proposal.mask
        for index, mask in examples.items():
            found[index] = mask
        yield found
        suggestion = suggest_slice(examples, proposals, len(volume.mask))
        touch = _untouched(examples, found) if suggestion is None else suggestion.slice


def _untouched(examples: Mapping[int, NDArray[np.bool_]], found: NDArray[np.bool_]) -> int | None:
    """Nearest slice to the examples that was not touched; None when all were."""
    left = set(range(len(found))) - set(examples)
    return min(left, key=lambda index: min(abs(index - known) for known in examples), default=None)


def _evenly_spaced(volume: LabelledVolume) -> Iterator[NDArray[np.bool_]]:
    """Interpolate between more and more evenly spaced slices: [slice, row, column] for each."""
    present = np.flatnonzero(volume.mask.any(axis=(1, 2)))
    first, last = int(present[0]), int(present[-1])
    for count in range(1, last - first + 2):
        drawn = {round(place) for place in np.linspace(first, last, count)}
        examples = {index: volume.mask[index] for index in drawn}
        found = np.zeros(volume.mask.shape, dtype=bool)
        # A person who drew the ends leaves the slices beyond them alone.
        part = slice(first, last + 1)
        found[part] = interpolate_signed_distance(examples, len(volume.mask))[part]
        yield found


def _effort(states: Iterator[NDArray[np.bool_]], truth: NDArray[np.bool_]) -> Effort:
    """Count touches until each target is reached; states end when nothing is left to touch."""
    reached: list[int] = []
    count = 0
    for count, found in enumerate(states, start=1):
        quality = dice(found, truth)
        while len(reached) < len(TARGETS) and quality >= TARGETS[len(reached)]:
            reached.append(count)
        if len(reached) == len(TARGETS):
            break
    return Effort(tuple(reached + [count] * (len(TARGETS) - len(reached))))


def _mean_share(rows: Sequence[Mapping[str, Any]], annotator: str) -> dict[str, float]:
    """Mean share of touched slices by target, within data sets first."""
    by_set: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        for target, count in row[annotator].items():
            by_set[target, row["set"]].append(count / row["slices"])
    return {
        f"{target:.2f}": float(
            np.mean([np.mean(v) for key, v in by_set.items() if key[0] == f"{target:.2f}"])
        )
        for target in TARGETS
    }
