"""Slices to touch until a volume is right, with other patients as teachers and without.

The same person is simulated both ways. With teachers, a network has learned from them how drawn
slices are completed, as it does in pages while people work. They look through what is proposed and
accept what is right already, which makes it an example but is no touch, since nothing is drawn;
then they draw the slice that the program suggests. Where the program asks for ends, they state
them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.evaluation.cases import LabelledVolume
from core.evaluation.cohort import cohort_queries, family_of, propose_volume, references
from core.evaluation.effort import with_stated_ends
from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.examples import Proposal, SegmentExamples, joined
from core.proposals.joint_engine import JointEngines, Predictor
from core.proposals.learning import learn_to_complete
from core.proposals.next_slice import suggest_slice
from core.proposals.proposer import propose
from core.proposals.taught import TaughtSegment, heard_from
from core.segments.ends import UNSTATED

TARGET: Final = 0.90
"""Dice of the whole volume that counts as right, and of a proposal that is accepted as it is."""


@dataclass(frozen=True, eq=False)
class Looked:
    """A volume at some moment.

    Attributes
    ----------
    found : ndarray of bool
        [slice, row, column]: what is drawn, accepted and proposed.
    touches : int
        Slices drawn.
    accepted : int
        Proposals accepted as they are.
    """

    found: NDArray[np.bool_]
    touches: int
    accepted: int


def evaluate_cohort_effort(
    volumes: Sequence[LabelledVolume],
    engine: Engine,
    teachers: int,
    *,
    queries: int | None = None,
    adapting: bool = True,
    learning: bool = True,
    seed: int = 0,
    progress: Callable[[LabelledVolume], None] | None = None,
) -> dict[str, Any]:
    """Simulate the annotation of volumes with and without others of their family as teachers.

    Parameters
    ----------
    volumes, engine, queries, seed, progress : as there
        As `core.evaluation.cohort.evaluate_cohort` takes them.
    teachers : int
        How many teachers; where a family has fewer, all it has.
    learning : bool
        Whether a network learns from the teachers how drawn slices are completed.

    Returns
    -------
    dict
        ``{"cases": [{"name", "family", "label", "slices", "with", "without", "accepted_with",
        "accepted_without"}], "with": touches, "without": touches, "accepted_with": n,
        "accepted_without": n}``: touches to `TARGET`, and proposals accepted until then, means
        within a family first, then over families.
    """
    rows = []
    for volume, others in cohort_queries(volumes, queries, seed):
        if progress:
            progress(volume)
        row: dict[str, Any] = {
            "name": volume.name,
            "family": family_of(volume),
            "label": volume.label,
            "slices": int(volume.mask.any(axis=(1, 2)).sum()),
        }
        for way, shown in (("with", others[:teachers]), ("without", [])):
            reached = _at_target(
                annotate_looking(volume, shown, engine, adapting=adapting, learning=learning),
                volume.mask,
            )
            row |= {way: reached.touches, f"accepted_{way}": reached.accepted}
        rows.append(row)
    ways = ("with", "without", "accepted_with", "accepted_without")
    return {"cases": rows, **{way: _mean(rows, way) for way in ways}}


def annotate_looking(
    volume: LabelledVolume,
    teachers: Sequence[LabelledVolume],
    engine: Engine,
    *,
    adapting: bool = True,
    learning: bool = True,
) -> Iterator[Looked]:
    """Accept what is right, and draw one slice after the other where the program suggests.

    Parameters
    ----------
    volume : LabelledVolume
        The image and the truth, of which one slice after the other is shown.
    teachers : sequence of LabelledVolume
        Others of which everything is known; without any, the largest slice is drawn first.
    engine : Engine
        The network.
    adapting : bool
        Whether to adapt the network to the teachers before.
    learning : bool
        Whether a network learns from the teachers how drawn slices are completed.

    Yields
    ------
    Looked
        Before the first touch, and whenever something is proposed anew.
    """
    examples: dict[int, NDArray[np.bool_]] = {}
    accepted: set[int] = set()
    found_by_teachers = (
        propose_volume(volume, teachers, engine, adapting=adapting) if teachers else []
    )
    asked = completing_engine(volume, teachers, engine) if learning else engine
    taught = heard_from(found_by_teachers)
    proposals = {one.slice: one for one in found_by_teachers}
    touches, ends = 0, UNSTATED
    while True:
        found = joined(examples, proposals.values(), volume.mask.shape)
        yield Looked(found, touches, len(examples) - touches)
        good = _right(proposals, examples, volume.mask)
        examples |= good
        accepted |= good.keys()
        suggestion = suggest_slice(examples, proposals, len(volume.mask), ends)
        if suggestion is not None and suggestion.ends:
            ends = with_stated_ends(ends, suggestion.ends, volume)
        elif touches or not good:
            suggested = None if suggestion is None else suggestion.slice
            touch = _next_touch(examples, volume.mask, suggested)
            if touch is None:
                return
            examples[touch] = volume.mask[touch]
            touches += 1
        if any(mask.any() for mask in examples.values()):
            confirmed = SegmentExamples(1, examples, ends, frozenset(accepted))
            proposals = _proposed(volume, confirmed, asked, taught)


def completing_engine(
    volume: LabelledVolume, teachers: Sequence[LabelledVolume], engine: Engine
) -> Predictor:
    """What is asked once something is drawn: beside the network what learned from teachers, if any.

    Parameters
    ----------
    volume : LabelledVolume
        What is drawn on.
    teachers : sequence of LabelledVolume
        Others of which everything is known.
    engine : Engine
        The network.
    """
    if not teachers:
        return engine
    network = learn_to_complete(references(teachers), volume.modality, engine=engine)
    return engine if network is None else JointEngines(engine).of(network)


def _proposed(
    volume: LabelledVolume,
    examples: SegmentExamples,
    engine: Predictor,
    taught: Sequence[TaughtSegment],
) -> dict[int, Proposal]:
    """Newest proposals by slice index, from the examples and what teachers said before."""
    found = propose(
        volume.image, volume.spacing, volume.modality, [examples], engine=engine, taught=taught
    )
    return {proposal.slice: proposal for proposal in found}


def _right(
    proposals: Mapping[int, Proposal],
    examples: Mapping[int, NDArray[np.bool_]],
    truth: NDArray[np.bool_],
) -> dict[int, NDArray[np.bool_]]:
    """Proposals that somebody who looks at them accepts as they are."""
    return {
        index: one.mask
        for index, one in proposals.items()
        if index not in examples and one.mask.any() and dice(one.mask, truth[index]) >= TARGET
    }


def _next_touch(
    examples: Mapping[int, NDArray[np.bool_]], truth: NDArray[np.bool_], suggested: int | None
) -> int | None:
    """Choose the slice to draw: the suggested one, or else the largest; None if none is left."""
    if suggested is not None and suggested not in examples:
        return suggested
    left = [int(index) for index in np.argsort(-truth.sum(axis=(1, 2))) if index not in examples]
    return left[0] if left else None


def _at_target(states: Iterator[Looked], truth: NDArray[np.bool_]) -> Looked:
    """Go on until the target is reached, or nothing is left to touch."""
    state = next(states)
    while dice(state.found, truth) < TARGET:
        following = next(states, None)
        if following is None:
            break
        state = following
    return state


def _mean(rows: Sequence[Mapping[str, Any]], way: str) -> float:
    by_family: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_family[row["family"]].append(row[way])
    return float(np.mean([np.mean(values) for values in by_family.values()]))
