"""The second pass over slices between examples: how images move from one example to the next."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from core.proposals.examples import neighbours
from core.proposals.mixing import agreed
from core.proposals.network_opinion import BATCH, NetworkPrompt, bounded_distances, predict_logits
from core.proposals.optical_flow import carry_between
from core.proposals.random_walker import walk_between
from core.proposals.segment_state import FirstAnswer, PreparedSegment


def slices_between_examples(segment: PreparedSegment, found: Collection[int]) -> list[int]:
    """List the slices of the first pass that the network can be asked again about."""
    if segment.prompt is None:
        return []
    return sorted(index for index in found if segment.is_between_examples(index))


def second_pass(
    segment: PreparedSegment, first: Mapping[int, FirstAnswer]
) -> Iterator[tuple[int, np.ndarray]]:
    """Ask once more, expecting what examples become when they move along with the images.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    first : mapping of int to FirstAnswer
        Findings of the first pass by slice index.

    Yields
    ------
    int, np.ndarray
        Each of `slices_between_examples`, once, with log-odds float32 [SIDE, SIDE].
    """
    gaps: dict[tuple[int | None, int | None], list[int]] = {}
    for index in slices_between_examples(segment, first):
        gaps.setdefault(neighbours(segment.examples, index), []).append(index)
    for gap in sorted(gaps.values(), key=len):
        answers = {index: first[index].logits for index in gap}
        known = {index: logits for index, logits in answers.items() if logits is not None}
        yield from second_answers(segment, gap, known)


def second_answers(
    segment: PreparedSegment, indices: Sequence[int], answers: Mapping[int, np.ndarray]
) -> Iterator[tuple[int, np.ndarray]]:
    """Merge first answers with others that use the images between two examples.

    Parameters
    ----------
    segment : PreparedSegment
        A segment with a prompt.
    indices : sequence of int
        Slices between the same two examples; those that are examples are answered without
        themselves.
    answers : mapping of int to np.ndarray
        The network's first answers, float32 [SIDE, SIDE].

    Yields
    ------
    int, np.ndarray
        Slice, and log-odds float32 [SIDE, SIDE]; the first answers where no two
        examples are.
    """
    prompt = segment.prompt
    assert prompt is not None
    below, above = neighbours(set(segment.examples) - set(indices), indices[0])
    if below is None or above is None or not (segment.areas[below] or segment.areas[above]):
        for index in indices:
            yield index, agreed([answers[index]])
        return
    first, last = prompt.distances[below], prompt.distances[above]
    carried = carry_between(first, last, below, above, prompt.motion)
    walked = _walked(segment, prompt, indices, below, above)
    for start in range(0, len(indices), BATCH):
        batch = indices[start : start + BATCH]
        priors = {index: carried.distances[index] for index in batch}
        moved = predict_logits(prompt, batch, priors=priors)
        for index, answer in zip(batch, moved, strict=True):
            known = [answers[index], answer]
            yield index, agreed(known, priors[index], carried.agreement, walked.get(index))


def _walked(
    segment: PreparedSegment, prompt: NetworkPrompt, indices: Sequence[int], below: int, above: int
) -> dict[int, np.ndarray]:
    """Find outlines on some slices by a random walk between the two examples around them.

    Returns signed distances in pixels of the network, float32 [SIDE, SIDE], by slice index; nothing
    where the walk finds no path.
    """
    crop = segment.crop
    probability = walk_between(
        prompt.images_of(range(below, above + 1))[(..., *crop.window)],
        segment.examples[below],
        segment.examples[above],
        (prompt.slice_mm, *crop.pixel_spacing),
    )
    if probability is None:
        return {}
    inside = probability[[index - below - 1 for index in indices]] > 0.5
    return {
        index: bounded_distances(mask)
        for index, mask in zip(indices, crop.masks(crop.whole(inside)), strict=True)
        if mask.any()
    }
