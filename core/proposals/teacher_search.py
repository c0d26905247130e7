"""Searching a structure on slices of a new series, by slices of annotated ones that look alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.network.engine import EncodedExample, Engine
from core.proposals.crop import SIDE, Crop, crop_around, whole_slice
from core.proposals.intensity import contrast_around, scale
from core.proposals.likeness import Looks, looks_of, most_alike, positions_of
from core.proposals.network_opinion import slices_at_once
from core.proposals.scores import LIMIT, network_score

SUPPORT = 8
"""Examples that a slice is predicted from: those most like it."""

MOST_EXAMPLES = 256
"""Slices of all teachers together that may be encoded, 2 MiB each."""

PASSES = 2
"""How often every slice is predicted: whole, then in the neighbourhood of what was found."""

Answered = Callable[[int], None]
"""Told how many slices were answered; may raise to end the work."""


@dataclass(frozen=True, eq=False)
class TaughtStructure:
    """A structure in one teacher.

    Attributes
    ----------
    images : np.ndarray
        float32 [slice, row, column] in [0, 1]: the prepared series.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    masks : mapping of int to np.ndarray
        bool [row, column] by slice index; an empty one says that the structure is not there.
    """

    images: np.ndarray
    spacing: tuple[float, float, float]
    masks: Mapping[int, np.ndarray]

    def shown(self, most: int) -> list[int]:
        """Slices to show, spread evenly where there are too many; half of them with the structure.

        Slices without it are those that are needed least, since few tell where it ends.
        """
        present = [index for index, mask in sorted(self.masks.items()) if mask.any()]
        absent = [index for index, mask in sorted(self.masks.items()) if not mask.any()]
        with_it = _spread(present, max(most - len(absent), (most + 1) // 2))
        return sorted(with_it + _spread(absent, most - len(with_it)))

    def neighbourhood(self) -> Crop:
        """Crop around the structure."""
        return crop_around(self.masks.values(), self.spacing)


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
class Found:
    """What was found on the queries.

    Attributes
    ----------
    crop : Crop
        Where it was searched last.
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


def search(
    engine: Engine,
    structures: Sequence[TaughtStructure],
    queries: Queries,
    answered: Answered,
) -> Found:
    """Find a structure on slices, coarse to fine.

    The first pass searches whole slices, the second the neighbourhood of what was found, cropped
    as widely as the teachers' own neighbourhoods of the structure at least.

    Parameters
    ----------
    engine : Engine
        The network.
    structures : sequence of TaughtStructure
        The structure in every teacher, at least one with a pixel.
    queries : Queries
        The slices.
    answered : callable
        Called with the number of slices answered, `PASSES` times as many in all.

    Returns
    -------
    Found
        Nothing positive where the structure was not found.
    """
    wholes = [
        whole_slice(structure.images.shape[1:], structure.spacing) for structure in structures
    ]
    crop = whole_slice(queries.images.shape[1:], queries.spacing)
    found = _one_pass(engine, structures, wholes, queries, crop, answered)
    masks = [found.log_odds(query) > 0 for query in range(len(queries.images))]
    if not any(mask.any() for mask in masks):
        answered(len(masks))
        return found
    around = crop_around(_largest(masks), queries.spacing)
    crops = [structure.neighbourhood() for structure in structures]
    usual = float(np.median([one.side_mm for one in crops]))
    crop = replace(around, side_mm=max(usual, around.side_mm))
    return _one_pass(engine, structures, crops, queries, crop, answered)


def _one_pass(
    engine: Engine,
    structures: Sequence[TaughtStructure],
    crops: Sequence[Crop],
    queries: Queries,
    crop: Crop,
    answered: Answered,
) -> Found:
    """Predict all queries in one crop, each by the examples of the structures most like it."""
    shown = [
        _shown(structure, own, len(structures))
        for structure, own in zip(structures, crops, strict=True)
    ]
    looks = Looks(
        np.concatenate([one.looks.descriptors for one in shown]),
        np.concatenate([one.looks.positions for one in shown]),
    )
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
    return Found(crop, logits, likeness.max(axis=1))


@dataclass(frozen=True, eq=False)
class _Shown:
    """Slices of one teacher as the network takes them, before they are encoded.

    Attributes
    ----------
    pictures : np.ndarray
        float32 [slice, SIDE, SIDE] in [0, 1].
    labels : np.ndarray
        bool, the same shape.
    contrast : tuple of float
        Values that the network sees as 0 and as 1.
    looks : Looks
        What they look like.
    """

    pictures: np.ndarray
    labels: np.ndarray
    contrast: tuple[float, float]
    looks: Looks


def _shown(structure: TaughtStructure, crop: Crop, teachers: int) -> _Shown:
    """Crop the slices that a teacher may show, and choose their range of intensities."""
    indices = structure.shown(MOST_EXAMPLES // teachers)
    pictures = crop.images(structure.images[indices])
    labels = crop.masks(np.stack([structure.masks[index] for index in indices]))
    return _Shown(
        pictures,
        labels,
        contrast_around(pictures, labels),
        looks_of(pictures, positions_of(indices, len(structure.images))),
    )


def _encoded(
    engine: Engine, shown: Sequence[_Shown], needed: Sequence[int]
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


def _spread(indices: Sequence[int], count: int) -> list[int]:
    """Choose some, evenly spaced."""
    if len(indices) <= count:
        return list(indices)
    return [indices[int(place)] for place in np.linspace(0, len(indices) - 1, max(count, 0))]


def _largest(masks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Keep the masks of at least a quarter of the largest area: specks lead the crop astray."""
    areas = [int(mask.sum()) for mask in masks]
    return [mask for mask, area in zip(masks, areas, strict=True) if area * 4 >= max(areas)]
