"""Slices to touch until a volume is right, with other patients as teachers and without."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.evaluation.cases import LabelledVolume
from core.evaluation.cohort import cohort_queries, family_of, propose_volume
from core.evaluation.effort import annotate
from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.doubtful import most_doubtful_slice
from core.proposals.examples import SegmentExamples, joined

TARGET: Final = 0.90
"""Dice of the whole volume that counts as right."""


def evaluate_cohort_effort(
    volumes: Sequence[LabelledVolume],
    engine: Engine,
    teachers: int,
    *,
    queries: int | None = None,
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

    Returns
    -------
    dict
        ``{"cases": [{"name", "family", "label", "slices", "with", "without"}], "with": touches,
        "without": touches}``: touches to `TARGET`, means within a family first, then over families.
        Stated ends are free in ``"without"``; nobody states any in ``"with"``.
    """
    rows = []
    for volume, others in cohort_queries(volumes, queries, seed):
        if progress:
            progress(volume)
        taught = annotate_taught(volume, others[:teachers], engine)
        rows.append(
            {
                "name": volume.name,
                "family": family_of(volume),
                "label": volume.label,
                "slices": int(volume.mask.any(axis=(1, 2)).sum()),
                "with": _touches(taught, volume.mask),
                "without": _touches(_annotated(volume, engine), volume.mask),
            }
        )
    return {"cases": rows, **{way: _mean(rows, way) for way in ("with", "without")}}


def annotate_taught(
    volume: LabelledVolume, teachers: Sequence[LabelledVolume], engine: Engine
) -> Iterator[NDArray[np.bool_]]:
    """Draw one slice after the other where the proposals of teachers are most doubtful.

    Parameters
    ----------
    volume : LabelledVolume
        The image and the truth, of which one slice after the other is shown.
    teachers : sequence of LabelledVolume
        Others of which everything is known.
    engine : Engine
        The network.

    Yields
    ------
    ndarray of bool
        [slice, row, column]: what is drawn and proposed, before the first touch and after each.
    """
    drawn: dict[int, NDArray[np.bool_]] = {}
    while True:
        own = (SegmentExamples(1, drawn),) if drawn else ()
        proposals = propose_volume(volume, teachers, engine, own)
        yield joined(drawn, proposals, volume.mask.shape)
        by_slice = {one.slice: one for one in proposals}
        touch = most_doubtful_slice(by_slice, drawn, len(volume.mask))
        left = [index for index in np.argsort(-volume.mask.sum(axis=(1, 2))) if index not in drawn]
        if not left:
            return
        # Where nothing is proposed, a person looks for the largest slice.
        touch = int(left[0]) if touch is None else touch
        drawn[touch] = volume.mask[touch]


def _annotated(volume: LabelledVolume, engine: Engine) -> Iterator[NDArray[np.bool_]]:
    """The same without teachers, led by the program as on a page, stated ends for nothing."""
    yield np.zeros_like(volume.mask)
    found, clicks = np.zeros_like(volume.mask), 0
    for state in annotate(volume, engine):
        if state.clicks == clicks and found.any():
            yield found
        found, clicks = state.found, state.clicks
    yield found


def _touches(states: Iterator[NDArray[np.bool_]], truth: NDArray[np.bool_]) -> int:
    """Count touches until the target is reached, or nothing is left to touch."""
    count = -1
    for found in states:
        count += 1
        if dice(found, truth) >= TARGET:
            break
    return count


def _mean(rows: Sequence[Mapping[str, Any]], way: str) -> float:
    by_family: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_family[row["family"]].append(row[way])
    return float(np.mean([np.mean(values) for values in by_family.values()]))
