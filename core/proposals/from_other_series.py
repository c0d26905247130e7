"""Propose on a new series, without drawing anything there, from the examples of other series.

This is UniverSeg's own setting: the examples are pictures of other patients, and nothing is known
of where the structure lies. Every slice is predicted from the slices of all teachers that look most
like it at a like place of their series (`likeness.py`), first on whole slices and then in the
neighbourhood of what was found (`teacher_search.py`). Where there are several teachers, the network
may be adapted to them before (`teacher_adaptation.py`). How good the proposals are is known from
teachers that are searched by the others (`held_out.py`).

References
----------
V. I. Butoi et al., "UniverSeg: Universal Medical Image Segmentation", ICCV 2023, section 4.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from core.network.engine import Engine
from core.proposals.adaptation import AdaptedEngines, adapt
from core.proposals.examples import Proposal, check_examples
from core.proposals.held_out import HeldOutQuality, held_out_slices, measure_held_out
from core.proposals.intensity import prepare
from core.proposals.overlaps import resolve_overlaps
from core.proposals.placing import Stack, positions_in
from core.proposals.steps import Cancelled, Steps
from core.proposals.teacher_adaptation import LEARNING_RATE, STEPS, pictures_to_adapt_to
from core.proposals.teacher_search import PASSES, Found, Queries, search
from core.proposals.teacher_slices import TaughtStructure
from core.proposals.teachers import ReferenceSeries, check_teachers

_SLICES_A_STEP = 12
"""Slices that are answered in the time of a step of adapting, for progress: four tasks, three times
the work of an answer each."""


def propose_from_teachers(
    teachers: Sequence[ReferenceSeries],
    volume: np.ndarray,
    spacing: tuple[float, float, float],
    modality: str,
    *,
    engine: Engine,
    axes: np.ndarray | None = None,
    exclusive: frozenset[int] = frozenset(),
    adapted: AdaptedEngines | None = None,
    adapting: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Proposal]:
    """Propose masks for every slice of a series from the examples of others.

    Where several of them show a segment, the network that was adapted to them is asked as well, if
    it is at hand.

    Parameters
    ----------
    teachers : sequence of ReferenceSeries
        At least one annotated series, best of the same protocol. What has the same segment number
        is the same structure.
    volume : np.ndarray
        [slice, row, column] in modality units: the new series.
    spacing : tuple of float
        Of the new series, in mm.
    modality : str
        Of the new series.
    engine : Engine
        The network.
    axes : np.ndarray, optional
        Directions along which its slices, rows and columns are counted, as `ReferenceSeries.axes`:
        teachers that count them the other way round are turned.
    exclusive : frozenset of int
        Numbers of the segments that do not overlap one another.
    adapted : AdaptedEngines, optional
        Networks that were adapted before, where one that is adapted now is kept as well.
    adapting : bool
        Whether to adapt the network to these teachers, where that was not done before. It takes
        several times as long as proposing.
    cancelled : callable
        Asked between predictions; the proposals end when it returns True.
    progress : callable
        Called with steps done and steps in all.

    Yields
    ------
    Proposal
        For every slice, and segment with a pixel in a teacher, an empty mask where nothing was
        found. The expected Dice is None with a single teacher, and where the series is unlike all
        teachers.

    Raises
    ------
    ValueError
        If there is no teacher, examples do not fit their volume, or modalities or planes differ.
    """
    check_examples(volume, ())
    steps = Steps(cancelled, progress)
    structures, taught = checked_structures(teachers, modality, axes)
    series = Stack(prepare(volume, modality), spacing)
    queries = Queries(series.images, spacing, positions_in(series, taught))
    searched = sum(len(volume) + len(held_out_slices(one)) for one in structures.values())
    steps.expect(PASSES * searched)
    with suppress(Cancelled):
        engines = _engines(
            engine, structures, AdaptedEngines() if adapted is None else adapted, adapting, steps
        )
        steps.expect(PASSES * searched * (len(engines) - 1))
        by_segment = {
            number: _find_segment(engines, of_segment, queries, steps)
            for number, of_segment in structures.items()
        }
        steps.finish()
        yield from _proposals(by_segment, queries.images.shape, exclusive)


def _engines(
    engine: Engine,
    structures: Mapping[int, Sequence[TaughtStructure]],
    adapted: AdaptedEngines,
    adapting: bool,
    steps: Steps,
) -> list[Engine]:
    """List the network as it is, and the one that is adapted to the teachers where there is one."""
    if not adapting and not adapted:
        return [engine]
    pictures = pictures_to_adapt_to(structures.values())
    kept = adapted.get(pictures) if pictures else None
    if kept is None and adapting and pictures:
        steps.expect(_SLICES_A_STEP * STEPS)
        kept = adapt(engine, pictures, STEPS, LEARNING_RATE, lambda: steps.done(_SLICES_A_STEP))
        adapted.keep(pictures, kept)
    return [engine] if kept is None else [engine, kept]


@dataclass(frozen=True, eq=False)
class _SegmentFound:
    """What was found of a segment, and what is known of how good that is."""

    found: Found
    quality: HeldOutQuality


def _find_segment(
    engines: Sequence[Engine],
    structures: Sequence[TaughtStructure],
    queries: Queries,
    steps: Steps,
) -> _SegmentFound:
    """Search one segment, and every teacher by the others."""

    def answered(slices: int) -> None:
        steps.done(slices)

    steps.done()
    found = search(engines, structures, queries, answered)
    return _SegmentFound(found, measure_held_out(engines, structures, answered))


def _proposals(
    by_segment: Mapping[int, _SegmentFound],
    shape: tuple[int, ...],
    exclusive: frozenset[int],
) -> Iterator[Proposal]:
    """Propose every slice, with the Dice to expect."""
    nothing = np.zeros(shape[1:], bool)
    for index in range(shape[0]):
        log_odds = {number: one.found.log_odds(index) for number, one in by_segment.items()}
        for number, mask in resolve_overlaps(log_odds, nothing, exclusive).items():
            found, quality = by_segment[number].found, by_segment[number].quality
            yield Proposal(number, index, mask, quality.expected_dice(found, index, mask))


def checked_structures(
    teachers: Sequence[ReferenceSeries], modality: str, axes: np.ndarray | None
) -> tuple[dict[int, list[TaughtStructure]], list[Stack]]:
    """Turn teachers as a series lies, and gather what they show.

    Parameters
    ----------
    teachers, modality, axes : as there
        As `propose_from_teachers` takes them.

    Returns
    -------
    structures : dict of int to list of TaughtStructure
        By number, every segment of which a teacher has a pixel, in those that show it.
    stacks : list of Stack
        All teachers.

    Raises
    ------
    ValueError
        If there is no teacher, examples do not fit their volume, or modalities or planes differ.
    """
    if not teachers:
        raise ValueError("teachers: got none; expected an annotated series at least")
    for teacher in teachers:
        check_examples(teacher.volume, teacher.segments)
    check_teachers(teachers, modality, axes)
    turned = [teacher.turned_to(axes) for teacher in teachers]
    stacks = [Stack(prepare(one.volume, one.modality), one.spacing) for one in turned]
    structures: dict[int, list[TaughtStructure]] = {}
    for teacher, stack in zip(turned, stacks, strict=True):
        for segment in teacher.segments:
            if any(mask.any() for mask in segment.masks.values()):
                structure = TaughtStructure(stack.images, stack.spacing, segment.masks)
                structures.setdefault(segment.number, []).append(structure)
    return structures, stacks
