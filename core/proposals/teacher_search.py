"""Searching a structure on slices of a new series, by slices of annotated ones that look alike."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.network.engine import EncodedExample, Engine
from core.proposals.crop import SIDE, Crop, crop_around, whole_slice
from core.proposals.intensity import scale
from core.proposals.likeness import looks_of, most_alike
from core.proposals.network_opinion import slices_at_once
from core.proposals.scores import LIMIT, network_score
from core.proposals.teacher_slices import (
    ShownSlices,
    ShownTeachers,
    TaughtStructure,
    looks_together,
)

SUPPORT = 8
"""Examples that a slice is predicted from: those most like it."""

PASSES = 2
"""How often every slice is predicted: whole, then in the neighbourhood of what was found."""

Answered = Callable[[int], None]
"""Told how many slices were answered; may raise to end the work."""


@dataclass(frozen=True, eq=False)
class Queries:
    """Slices to find the structure on.

    Attributes
    ----------
    images : np.ndarray
        float32 [query, row, column] in [0, 1].
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    positions : sequence of float
        Where they lie in their series, from `positions_of`, or in the teachers, from
        `positions_in`.
    """

    images: np.ndarray
    spacing: tuple[float, float, float]
    positions: Sequence[float]


@dataclass(frozen=True, eq=False)
class Answers:
    """What one network answered.

    Attributes
    ----------
    crop : Crop
        Where it was asked last.
    logits : np.ndarray
        float32 [query, SIDE, SIDE], positive inside.
    likeness : np.ndarray
        float32 [query]: that of the most alike example; see `core.proposals.likeness`.
    """

    crop: Crop
    logits: np.ndarray
    likeness: np.ndarray

    def log_odds(self, query: int) -> np.ndarray:
        """Log-odds on the whole slice: float32 [row, column], minus infinity outside the crop."""
        return self.crop.whole(network_score(self.crop, self.logits[query]), outside=-np.inf)


@dataclass(frozen=True, eq=False)
class Found:
    """What was found on the queries.

    Attributes
    ----------
    answers : sequence of Answers
        Of every network that was asked.
    """

    answers: Sequence[Answers]

    def log_odds(self, query: int) -> np.ndarray:
        """Mean log-odds on the whole slice: float32 [row, column], −∞ outside of any crop."""
        mean: np.ndarray = np.mean([one.log_odds(query) for one in self.answers], axis=0)
        return mean

    def likeness(self, query: int) -> float:
        """Likeness of the most alike example, in the network's view where it is least."""
        return float(min(one.likeness[query] for one in self.answers))


def search(
    engines: Sequence[Engine],
    structures: Sequence[TaughtStructure],
    queries: Queries,
    answered: Answered,
) -> Found:
    """Find a structure on slices, coarse to fine.

    The first pass searches whole slices, the second the neighbourhood of what was found, cropped
    as widely as the teachers' own neighbourhoods of the structure at least. Of several networks
    each searches for itself, and the mean of their log-odds counts.

    Parameters
    ----------
    engines : sequence of Engine
        One network or several.
    structures : sequence of TaughtStructure
        The structure in every teacher, at least one with a pixel.
    queries : Queries
        The slices.
    answered : callable
        Called with the number of slices answered, `PASSES` times as many for every network.

    Returns
    -------
    Found
        Nothing positive where the structure was not found.
    """
    shown = ShownTeachers(structures)
    return Found([_searched(engine, shown, queries, answered) for engine in engines])


def _searched(
    engine: Engine, shown: ShownTeachers, queries: Queries, answered: Answered
) -> Answers:
    """Search with one network."""
    crop = whole_slice(queries.images.shape[1:], queries.spacing)
    found = _one_pass(engine, shown.whole, queries, crop, answered)
    masks = [found.log_odds(query) > 0 for query in range(len(queries.images))]
    if not any(mask.any() for mask in masks):
        answered(len(masks))
        return found
    around = crop_around(_largest(masks), queries.spacing)
    crop = replace(around, side_mm=max(shown.usual_side_mm, around.side_mm))
    return _one_pass(engine, shown.near, queries, crop, answered)


def _one_pass(
    engine: Engine,
    shown: Sequence[ShownSlices],
    queries: Queries,
    crop: Crop,
    answered: Answered,
) -> Answers:
    """Predict all queries in one crop, each by the slices of the teachers most like it."""
    looks = looks_together(shown)
    pictures = crop.images(queries.images)
    likeness = looks_of(pictures, queries.positions).likeness(looks)
    chosen = most_alike(likeness, SUPPORT)
    # Encoding takes longest, so what no slice is predicted from is left alone.
    needed = sorted({index for row in chosen for index in row})
    place = {index: new for new, index in enumerate(needed)}
    support = [[place[index] for index in row] for row in chosen]
    examples = _encoded(engine, shown, needed)
    low, high = np.mean([one.contrast for one in shown], axis=0)
    logits = np.zeros((len(pictures), SIDE, SIDE), np.float32)
    for part in _batches(len(pictures)):
        answers = engine.predict(
            scale(pictures[part], (float(low), float(high))), examples, None, support[part]
        )
        logits[part] = np.clip(answers, -LIMIT, LIMIT)
        answered(len(answers))
    return Answers(crop, logits, likeness.max(axis=1))


def _encoded(
    engine: Engine, shown: Sequence[ShownSlices], needed: Sequence[int]
) -> list[EncodedExample]:
    """Encode some slices, counted through all teachers, each as its own teacher is scaled."""
    examples: list[EncodedExample] = []
    first = 0
    for one in shown:
        own = [index - first for index in needed if first <= index < first + len(one.pictures)]
        first += len(one.pictures)
        if own:
            scaled = scale(one.pictures[own], one.contrast)
            examples += engine.encode(scaled, one.labels[own].astype(np.float32))
    return examples


def _batches(count: int) -> Iterator[slice]:
    each = slices_at_once()
    return (slice(first, min(first + each, count)) for first in range(0, count, each))


def _largest(masks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Keep the masks of at least a quarter of the largest area: specks lead the crop astray."""
    areas = [int(mask.sum()) for mask in masks]
    return [mask for mask, area in zip(masks, areas, strict=True) if area * 4 >= max(areas)]
