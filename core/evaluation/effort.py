"""How few slices a person must touch until the whole volume is right: a simulated annotator.

The annotator draws the true mask on the slice of largest area, asks for proposals, and from then on
goes where the program suggests: it draws the true mask there, or states that the structure is not
there. Both count as a touch. Where the program asks on which slices the structure begins and ends,
the annotator states them; each is a click, which is counted apart. A touch where something was
proposed is mostly a correction, so the share of it that had to be changed is counted as well. What
a person would do without the program is simulated beside it: evenly spaced slices, both ends among
them, filled in between by the signed distance.
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
from core.proposals.examples import Proposal, SegmentExamples, joined
from core.proposals.extent import slices_to_follow
from core.proposals.next_slice import suggest_slice
from core.proposals.proposer import propose
from core.segments.ends import UNSTATED, End, Ends

TARGETS: Final = (0.90, 0.95)
"""Dice of the whole volume, slices outside the structure included, that count as right."""

CLICK: Final = 0.2
"""Touches that stating an end counts as, and a correction at least: one of five."""


@dataclass(frozen=True, eq=False)
class Annotated:
    """A volume after a touch.

    Attributes
    ----------
    found : ndarray of bool
        [slice, row, column]: what was drawn and what is proposed.
    clicks : int
        Ends stated so far.
    changed : float
        Touches so far, each counted as the share of the slice that had to be changed.
    """

    found: NDArray[np.bool_]
    clicks: int = 0
    changed: float = 0.0


@dataclass(frozen=True)
class Effort:
    """What it took until each of `TARGETS` was reached, in their order.

    Attributes
    ----------
    touched, clicks : tuple of int
        Slices touched, and ends stated.
    changed : tuple of float
        Touches, each counted as the share of the slice that had to be changed.
    """

    touched: tuple[int, ...]
    clicks: tuple[int, ...]
    changed: tuple[float, ...]

    def by_target(self) -> dict[str, int]:
        """Touched slices by target, as the report names it."""
        return {f"{target:.2f}": count for target, count in zip(TARGETS, self.touched, strict=True)}

    def with_clicks(self) -> dict[str, float]:
        """Touched slices by target, with the share of a touch that each stated end counts as."""
        return self._and_clicks(self.touched)

    def as_corrections(self) -> dict[str, float]:
        """Count touches as what had to be changed, by target, and stated ends as in clicks."""
        return self._and_clicks(self.changed)

    def _and_clicks(self, counts: Sequence[float]) -> dict[str, float]:
        return {
            target: round(count + CLICK * clicks, 1)
            for target, count, clicks in zip(self.by_target(), counts, self.clicks, strict=True)
        }


def evaluate_effort(
    volumes: Sequence[LabelledVolume],
    engine: Engine,
    *,
    states_ends: bool = True,
    progress: Callable[[LabelledVolume], None] | None = None,
) -> dict[str, Any]:
    """Simulate the annotation of volumes with and without the program.

    Parameters
    ----------
    volumes : sequence of LabelledVolume
        The structures.
    engine : Engine
        The network.
    states_ends : bool
        Whether the annotator states where the structure begins and ends when asked.
    progress : callable, optional
        Called with each volume before it is annotated.

    Returns
    -------
    dict
        ``{"cases": [{"name", "set", "label", "slices", "touched": {target: n}, "with_clicks":
        {target: n}, "as_corrections": {target: n}, "baseline": {target: n}}], "mean_share":
        {target: share}, "with_clicks_share": …, "as_corrections_share": …, "baseline_share": …}``.
        Shares are of the structure's slices; means are taken within a data set first, then over
        data sets. Stated ends are free in ``"touched"``, and `CLICK` touches each in
        ``"with_clicks"``; in ``"as_corrections"`` a touch counts as the share of the slice's pixels
        that had to be changed, from `CLICK` to 1.
    """
    rows = []
    for volume in volumes:
        if progress:
            progress(volume)
        effort = _effort(annotate(volume, engine, states_ends=states_ends), volume.mask)
        rows.append(
            {
                "name": volume.name,
                "set": volume.data_set,
                "label": volume.label,
                "slices": int(volume.mask.any(axis=(1, 2)).sum()),
                "touched": effort.by_target(),
                "with_clicks": effort.with_clicks(),
                "as_corrections": effort.as_corrections(),
                "baseline": _effort(_evenly_spaced(volume), volume.mask).by_target(),
            }
        )
    return {
        "cases": rows,
        "mean_share": _mean_share(rows, "touched"),
        "with_clicks_share": _mean_share(rows, "with_clicks"),
        "as_corrections_share": _mean_share(rows, "as_corrections"),
        "baseline_share": _mean_share(rows, "baseline"),
    }


def annotate(
    volume: LabelledVolume, engine: Engine, *, states_ends: bool = True
) -> Iterator[Annotated]:
    """Annotate a volume touch by touch, led by the program.

    After each touch the slices up to the examples on either side are proposed anew, as on a page
    where a person carries on from there; after ends were stated, all are.

    Parameters
    ----------
    volume : LabelledVolume
        The image and the truth, of which the annotator shows one slice after the other.
    engine : Engine
        The network.
    states_ends : bool
        Whether ends are stated when the program asks for them; if not, its second best advice is
        followed.

    Yields
    ------
    Annotated
        After each touch, and after ends were stated.
    """
    slices = len(volume.mask)
    examples: dict[int, NDArray[np.bool_]] = {}
    proposals: dict[int, Proposal] = {}
    ends, clicks, changed = UNSTATED, 0, 1.0
    touch = int(volume.mask.sum(axis=(1, 2)).argmax())
    follow = slices_to_follow(examples, touch, slices)
    examples[touch] = volume.mask[touch]
    while True:
        for index in (*follow, *examples):
            proposals.pop(index, None)
        proposals |= proposed_within(volume, SegmentExamples(1, examples, ends), engine, follow)
        found = joined(examples, proposals.values(), volume.mask.shape)
        yield Annotated(found, clicks, changed)
        suggestion = suggest_slice(examples, proposals, slices, ends)
        if suggestion is not None and suggestion.ends and states_ends:
            ends, clicks = (
                with_stated_ends(ends, suggestion.ends, volume),
                clicks + len(suggestion.ends),
            )
            follow = [index for index in range(slices) if index not in examples]
            continue
        next_touch = _untouched(examples, found) if suggestion is None else suggestion.slice
        if next_touch is None:
            return
        follow = slices_to_follow(examples, next_touch, slices)
        changed += _share_to_change(found[next_touch], volume.mask[next_touch])
        examples[next_touch] = volume.mask[next_touch]


def proposed_within(
    volume: LabelledVolume, examples: SegmentExamples, engine: Engine, slices: Sequence[int]
) -> dict[int, Proposal]:
    """Propose within a volume.

    Parameters
    ----------
    volume : LabelledVolume
        The image.
    examples : SegmentExamples
        What is drawn or accepted.
    engine : Engine
        The network.
    slices : sequence of int
        Slices to propose.

    Returns
    -------
    dict of int to Proposal
        The newest by slice index.
    """
    return {
        proposal.slice: proposal
        for proposal in propose(
            volume.image, volume.spacing, volume.modality, [examples], engine=engine, slices=slices
        )
    }


def with_stated_ends(ends: Ends, asked: Sequence[End], volume: LabelledVolume) -> Ends:
    """Ends with those that were asked for stated as they are in a volume."""
    first, last = _extent(volume)
    return Ends(
        first if End.FIRST in asked else ends.first, last if End.LAST in asked else ends.last
    )


def _share_to_change(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Share of a structure's pixels on a slice that are wrong, from `CLICK` to 1."""
    wrong = int((found ^ truth).sum())
    return min(1.0, max(CLICK, wrong / truth.sum())) if truth.any() else CLICK


def _extent(volume: LabelledVolume) -> tuple[int, int]:
    """First and last slice that show the structure."""
    present = np.flatnonzero(volume.mask.any(axis=(1, 2)))
    return int(present[0]), int(present[-1])


def _untouched(examples: Mapping[int, NDArray[np.bool_]], found: NDArray[np.bool_]) -> int | None:
    """Nearest slice to the examples that was not touched; None when all were."""
    left = set(range(len(found))) - set(examples)
    return min(left, key=lambda index: min(abs(index - known) for known in examples), default=None)


def _evenly_spaced(volume: LabelledVolume) -> Iterator[Annotated]:
    """Interpolate between more and more evenly spaced slices."""
    first, last = _extent(volume)
    for count in range(1, last - first + 2):
        drawn = {round(place) for place in np.linspace(first, last, count)}
        examples = {index: volume.mask[index] for index in drawn}
        found = np.zeros(volume.mask.shape, dtype=bool)
        # A person who drew the ends leaves the slices beyond them alone.
        part = slice(first, last + 1)
        found[part] = interpolate_signed_distance(examples, len(volume.mask))[part]
        yield Annotated(found, changed=len(drawn))


def _effort(states: Iterator[Annotated], truth: NDArray[np.bool_]) -> Effort:
    """Count touches until each target is reached; states end when nothing is left to touch."""
    reached: list[tuple[int, int, float]] = []
    now = (0, 0, 0.0)
    for state in states:
        # A state after clicks alone belongs to the touch before.
        now = (now[0] + (state.clicks == now[1]), state.clicks, state.changed)
        quality = dice(state.found, truth)
        while len(reached) < len(TARGETS) and quality >= TARGETS[len(reached)]:
            reached.append(now)
        if len(reached) == len(TARGETS):
            break
    reached += [now] * (len(TARGETS) - len(reached))
    touched, clicks, changed = zip(*reached, strict=True)
    return Effort(touched, clicks, changed)


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
