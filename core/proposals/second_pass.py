"""The second look at slices between examples: how images move from one example to the next."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from core.network.engine import Engine
from core.proposals.examples import neighbours
from core.proposals.mixing import agreed
from core.proposals.network_opinion import BATCH, ImagesOf, bounded_distances, predict_logits
from core.proposals.optical_flow import carry_between
from core.proposals.random_walker import walk_between
from core.proposals.segment_state import SegmentWork, motion_of, score


def enclosed(work: SegmentWork) -> list[int]:
    """List the visited slices between examples, which can be looked at again."""
    if work.taught is None:
        return []
    return sorted(index for index in work.found if None not in neighbours(work.examples, index))


def look_again(work: SegmentWork, engine: Engine, images_of: ImagesOf) -> Iterator[int]:
    """Ask once more, expecting what examples become when they move along with the images.

    Parameters
    ----------
    work : SegmentWork
        A segment that was taught; what is found changes.
    engine : Engine
        The network that was taught.
    images_of : callable
        Gives prepared images.

    Yields
    ------
    int
        Each of `enclosed`, once.
    """
    gaps: dict[tuple[int | None, int | None], list[int]] = {}
    for index in enclosed(work):
        gaps.setdefault(neighbours(work.examples, index), []).append(index)
    for gap in sorted(gaps.values(), key=len):
        for index, answer in second_answers(work, gap, work.logits, engine, images_of):
            work.second[index] = answer
            work.found[index] = score(work, index) > 0
            yield index


def second_answers(
    work: SegmentWork,
    indices: Sequence[int],
    answers: Mapping[int, np.ndarray],
    engine: Engine,
    images_of: ImagesOf,
) -> Iterator[tuple[int, np.ndarray]]:
    """Merge first answers with others that heed what lies between two examples.

    Parameters
    ----------
    work : SegmentWork
        A segment that was taught.
    indices : sequence of int
        Slices between the same two examples; those that are examples are answered without
        themselves.
    answers : mapping of int to np.ndarray
        The network's first answers, float32 [SIDE, SIDE].
    engine : Engine
        The network that was taught.
    images_of : callable
        Gives prepared images.

    Yields
    ------
    int, np.ndarray
        Slice, and log-odds float32 [SIDE, SIDE]; the first answers where no two
        examples are.
    """
    assert work.taught is not None
    below, above = neighbours(set(work.examples) - set(indices), indices[0])
    if below is None or above is None or not (work.areas[below] or work.areas[above]):
        for index in indices:
            yield index, agreed([answers[index]])
        return
    first, last = (work.taught.distances[known] for known in (below, above))
    carried = carry_between(first, last, below, above, motion_of(work, images_of))
    walked = _walked(work, indices, below, above, images_of)
    for start in range(0, len(indices), BATCH):
        batch = indices[start : start + BATCH]
        priors = {index: carried.distances[index] for index in batch}
        moved = predict_logits(engine, work.taught, images_of, batch, priors=priors)
        for index, answer in zip(batch, moved, strict=True):
            known = [answers[index], answer]
            yield index, agreed(known, priors[index], carried.agreement, walked.get(index))


def _walked(
    work: SegmentWork, indices: Sequence[int], below: int, above: int, images_of: ImagesOf
) -> dict[int, np.ndarray]:
    """Find outlines on some slices by a random walk between the two examples around them.

    Returns signed distances in pixels of the network, float32 [SIDE, SIDE], by slice index; nothing
    where the walk finds no way.
    """
    images = images_of(range(below, above + 1))[(..., *work.crop.window)]
    probability = walk_between(
        images,
        work.examples[below],
        work.examples[above],
        (work.slice_mm, *work.crop.pixel_spacing),
    )
    if probability is None:
        return {}
    found = work.crop.masks(work.crop.whole(probability[[i - below - 1 for i in indices]] > 0.5))
    return {
        index: bounded_distances(mask)
        for index, mask in zip(indices, found, strict=True)
        if mask.any()
    }
