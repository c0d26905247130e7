"""How well the network segments unrelated pictures from a few examples.

This is UniverSeg's own setting: every picture of a task in turn is the query, its examples are
drawn from the others.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import special

from core.evaluation.cases import npz_files, read_arrays
from core.evaluation.metrics import bootstrap_interval
from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.intensity import scale
from core.proposals.network_prompt import encode_with_contrast
from core.proposals.pictures import adapt_to_examples, see_examples, segment_picture

SIDE = 128
"""Pictures are judged at the resolution of the network's input, as in the paper."""


@dataclass(frozen=True)
class PairTask:
    """Labelled pictures of one structure.

    Attributes
    ----------
    name : str
        File name without ending.
    images : ndarray of float32
        [pictures, row, column], values in [0, 1].
    labels : ndarray of bool
        [pictures, row, column].
    """

    name: str
    images: NDArray[np.float32]
    labels: NDArray[np.bool_]


def read_tasks(paths: Sequence[Path]) -> Iterator[PairTask]:
    """Read tasks from npz files with `images` (uint8) and `labels`, both [n, row, column].

    Raises
    ------
    ValueError
        If a file is missing, unreadable, or holds arrays of other types or shapes.
    """
    for path in npz_files(paths):
        arrays = read_arrays(path, ("images", "labels"))
        images, labels = arrays["images"], arrays["labels"]
        if images.ndim != 3 or images.shape != labels.shape or images.dtype != np.uint8:
            raise ValueError(
                f"{path}: got images {images.dtype}{images.shape} and labels {labels.shape}; "
                "expected uint8 images and labels, both [n, row, column]"
            )
        if len(images) < 2:
            raise ValueError(f"{path}: got one picture; expected two or more")
        yield PairTask(
            name=path.stem,
            images=np.stack([_resized(image) for image in images]),
            labels=np.stack([_resized((label > 0) * np.uint8(255)) > 0.5 for label in labels]),
        )


def evaluate_pairs(
    tasks: Sequence[PairTask],
    engine: Engine,
    support_sizes: Sequence[int],
    *,
    ensemble: int = 1,
    chosen: bool = True,
    adapting: bool = False,
    queries: int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Score every task with leave-one-out and randomly drawn examples.

    Parameters
    ----------
    tasks : sequence of PairTask
        What to segment.
    engine : Engine
        The network.
    support_sizes : sequence of int
        Numbers of examples; those larger than a task allows are left out of that task.
    ensemble : int
        How many support sets are drawn for a query and averaged; 1 for none.
    chosen : bool
        Whether to score `segment_picture` as well, several times the work of asking once.
    adapting : bool
        Whether to score the mean of it and of the same with the network adapted to the examples,
        too: up to a minute for each picture.
    queries : int, optional
        Pictures of each task to score, spread over it; all by default.
    seed : int
        Of the drawing of support sets.
    progress : callable, optional
        Called with the name of each task before it is scored.

    Returns
    -------
    dict
        ``{"tasks": {name: {size: {"network", "ensemble", "mean_mask", "chosen", "adapted",
        "interval"}}}, "mean": {size: {…}}}`` with mean Dice: of the network asked once, of the mean
        over support sets, of the mean of the examples' masks, and, if asked for, of
        `segment_picture`, and of its mean with the adapted network; the interval is that of the
        last of them, or of the network. Sizes are text, as in JSON. The mean over
        tasks takes a task's largest possible size where it has fewer pictures.

    Raises
    ------
    ValueError
        If a support size, the ensemble or the number of queries is below 1.
    """
    if not support_sizes or min(support_sizes) < 1 or ensemble < 1:
        raise ValueError(
            f"support sizes {list(support_sizes)} and ensemble {ensemble}: expected 1 or more"
        )
    if queries is not None and queries < 1:
        raise ValueError(f"queries: got {queries}; expected 1 or more")
    ways = _Ways(ensemble, chosen, adapting, queries)
    by_task: dict[str, dict[str, dict[str, Any]]] = {}
    for task in tasks:
        if progress:
            progress(task.name)
        by_task[task.name] = _score_task(task, engine, support_sizes, ways, seed)
    return {"tasks": by_task, "mean": _means(by_task, support_sizes)}


@dataclass(frozen=True)
class _Ways:
    """What is scored, as `evaluate_pairs` takes it."""

    ensemble: int
    chosen: bool
    adapting: bool
    queries: int | None


def _score_task(
    task: PairTask, engine: Engine, support_sizes: Sequence[int], ways: _Ways, seed: int
) -> dict[str, dict[str, Any]]:
    """Scores of one task by support size."""
    generator = np.random.default_rng(seed)
    scores: dict[str, dict[str, Any]] = {}
    count = len(task.images)
    asked = np.linspace(0, count - 1, min(ways.queries or count, count)).astype(int)
    for size in sorted({min(size, count - 1) for size in support_sizes}):
        found: dict[str, list[float]] = defaultdict(list)
        for query in range(count):
            others = np.delete(np.arange(count), query)
            sets = [generator.permutation(others)[:size] for _ in range(ways.ensemble)]
            if query in asked:
                for method, mask in _masks(task, engine, query, sets, ways).items():
                    found[method].append(dice(mask, task.labels[query]))
        best = next(way for way in ("adapted", "chosen", "network") if way in found)
        scores[str(size)] = {
            **{method: float(np.mean(values)) for method, values in found.items()},
            "interval": bootstrap_interval(np.array(found[best]), seed),
        }
    return scores


def _masks(
    task: PairTask, engine: Engine, query: int, sets: Sequence[NDArray[np.intp]], ways: _Ways
) -> dict[str, NDArray[np.bool_]]:
    """Segment one picture in every way, from the first of the support sets or from all of them."""
    picture, images, labels = task.images[query], task.images[sets[0]], task.labels[sets[0]]
    probabilities = [_probability(engine, task, query, support) for support in sets]
    masks = {
        "network": probabilities[0] > 0.5,
        "ensemble": np.mean(probabilities, axis=0) > 0.5,
        "mean_mask": labels.mean(axis=0) > 0.5,
    }
    if ways.chosen or ways.adapting:
        examples = see_examples(engine, images, labels)
        log_odds = segment_picture(engine, picture, examples)
        if ways.chosen:
            masks["chosen"] = log_odds > 0
        if ways.adapting:
            adapted = adapt_to_examples(engine, examples)
            masks["adapted"] = log_odds + segment_picture(adapted, picture, examples) > 0
    return masks


def _probability(
    engine: Engine, task: PairTask, query: int, support: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Probability of the structure at every pixel of one picture, seen as proposals see it."""
    images, labels = task.images[support], task.labels[support]
    examples, contrast = encode_with_contrast(engine, images, labels)
    picture = scale(task.images[query][None], contrast)
    return special.expit(engine.predict(picture, examples)[0]).astype(np.float32)


def _means(
    by_task: dict[str, dict[str, dict[str, Any]]], support_sizes: Sequence[int]
) -> dict[str, dict[str, float]]:
    """Means over tasks by support size."""
    means: dict[str, dict[str, float]] = {}
    for size in sorted(set(support_sizes)):
        rows = [
            scores[str(max(int(key) for key in scores if int(key) <= size))]
            for scores in by_task.values()
            if any(int(key) <= size for key in scores)
        ]
        if rows:
            means[str(size)] = {
                method: float(np.mean([row[method] for row in rows]))
                for method in rows[0]
                if method != "interval"
            }
    return means


def _resized(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Resample to the network's input with antialiasing, values in [0, 1]."""
    resized = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(resized, dtype=np.float32) / np.float32(255)
