"""Slices that seem doubtful, asked once more in overlapping tiles at a higher resolution.

The network sees a structure's whole neighbourhood in `core.proposals.crop.SIDE` pixels. In a tile
it sees a part of it larger, and turned by 180°, with the same guidance computed there anew;
examples are encoded once for each tile. The mean of both answers counts: they are about as good,
and wrong at different places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, product
from typing import Final

import numpy as np

from core.network.cores import on_cores
from core.proposals.crop import SIDE, Crop
from core.proposals.examples import neighbours
from core.proposals.network_opinion import (
    QUICK_SUPPORT,
    divided,
    is_answered,
    learn_between,
    predict_logits,
    slices_at_once,
)
from core.proposals.network_prompt import NetworkPrompt, encode_examples
from core.proposals.scores import network_score
from core.proposals.segment_state import PreparedSegment, SegmentState
from core.proposals.steps import Steps

TILE_SHARE: Final = 0.6
"""Side of a tile as a share of the crop's; two by two of them overlap by a fifth of it."""

LEAST_SCALE: Final = 0.55
"""Size of the network's pixels in those of the slice from which a tile shows more: a hippocampus
(0.38) lost 0.06 of Dice at three drawn slices, 14 structures from here on gained 0.01 on average.
"""

DOUBTFUL: Final = 0.93
"""Below this expected Dice a slice is asked again. Of 37 cases, the 21 whose Dice was lower gained
0.013 on average in tiles and the others 0.007, not worth three to four times the work."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A part of a crop, with the examples as the network sees them there.

    Attributes
    ----------
    crop : Crop
        The part.
    prompt : NetworkPrompt
        The examples in it.
    weights : np.ndarray
        How much it counts, float32 on the window of the whole crop: most in its middle.
    """

    crop: Crop
    prompt: NetworkPrompt
    weights: np.ndarray


def doubtful_slices(state: SegmentState) -> list[int]:
    """List the slices that are worth asking again.

    Parameters
    ----------
    state : SegmentState
        A segment after the first pass.

    Returns
    -------
    list of int
        In order; none where tiles would show nothing more, or no network is used.
    """
    segment = state.segment
    prompt, scale = segment.prompt, segment.crop.scale
    if prompt is None or not prompt.engine.guidance_channels or scale < LEAST_SCALE:
        return []
    return [
        index
        for index in sorted(state.first)
        if segment.is_between_examples(index)
        and (state.expected_dice(index, state.log_odds(index)) or 0.0) < DOUBTFUL
    ]


def ask_in_tiles(state: SegmentState, slices: Sequence[int], steps: Steps) -> dict[int, np.ndarray]:
    """Ask the network for slices between examples in tiles.

    What it said of the whole crop stands where no tile has the structure, and counts as much as the
    tiles elsewhere.

    Parameters
    ----------
    state : SegmentState
        The segment.
    slices : sequence of int
        From `doubtful_slices`.
    steps : Steps
        Told how far the work is, and asked whether to go on with it.

    Returns
    -------
    dict of int to np.ndarray
        Log-odds of the network by slice, float16 on the crop's window.

    Raises
    ------
    Cancelled
        If the steps were cancelled.
    """
    if not slices:
        return {}
    segment = state.segment
    tiles = _tiles(segment)
    gaps = [
        ((below, above), list(group))
        for (below, above), group in groupby(slices, lambda one: neighbours(segment.examples, one))
        if below is not None and above is not None
    ]
    for tile in tiles:
        looks = sum(
            tile.prompt.looks_between(*gap) for gap, inside in gaps if _is_new(tile, inside)
        )
        steps.expect(looks + QUICK_SUPPORT * len(slices))
    answers: dict[int, np.ndarray] = {}
    for gap, inside in gaps:
        learn_between((tile.prompt, *gap) for tile in tiles if _is_new(tile, inside))
        batch = slices_at_once()
        for start in range(0, len(inside), batch):
            asked = inside[start : start + batch]
            for joined in on_cores(
                lambda part: _joined(state, tiles, part), divided(segment.prompt, asked)
            ):
                answers.update(joined)
            steps.done(QUICK_SUPPORT * len(tiles) * len(asked))
        for tile in tiles:
            # Nobody asks about these slices again, and many of them would fill the memory.
            tile.prompt.between.pop(gap, None)
            tile.prompt.outlines.pop(gap, None)
    return answers


def _is_new(tile: Tile, slices: Sequence[int]) -> bool:
    """Whether the network has to be asked about any slice."""
    return not all(is_answered(tile.prompt, index, QUICK_SUPPORT) for index in slices)


def _joined(
    state: SegmentState, tiles: Sequence[Tile], slices: Sequence[int]
) -> dict[int, np.ndarray]:
    """Ask about slices between the same examples, and join what the tiles say."""
    segment = state.segment
    answers = [state.first[index].logits for index in slices]
    whole = np.stack([network_score(segment.crop, one) for one in answers if one is not None])
    total, weight = np.zeros_like(whole), np.zeros(whole.shape[1:], np.float32)
    beside = [one for one in neighbours(segment.examples, slices[0]) if one is not None]
    shown = np.logical_or.reduce([*(segment.examples[one] for one in beside), *(whole > 0)])
    for tile in tiles:
        if shown[tile.weights > 0].any():
            said = predict_logits(tile.prompt, slices, support=QUICK_SUPPORT)
            scores = tile.crop.whole(network_score(tile.crop, said))
            total += tile.weights * scores[(..., *segment.crop.window)]
            weight += tile.weights
    in_tiles = np.divide(total, weight, out=whole.copy(), where=weight > 0)
    joined = (whole + in_tiles) / 2
    return dict(zip(slices, joined.astype(np.float16), strict=True))


def _tiles(segment: PreparedSegment) -> list[Tile]:
    """Encode the examples in every tile that shows any of them."""
    crop, prompt = segment.crop, segment.prompt
    assert prompt is not None
    masks = {index: crop.whole(mask) for index, mask in segment.examples.items()}
    # From the centres of pixels, so that the rim still counts where no other tile is.
    near = 1 - np.abs(np.arange(1 - SIDE, SIDE, 2, dtype=np.float32) / SIDE)
    ramp = np.minimum(near / (1 - TILE_SHARE), 1)
    tiles = []
    for part in _parts(crop):
        weights = part.whole(part.restore(np.outer(ramp, ramp)))[crop.window]
        if any(mask[part.window].any() for mask in masks.values()):
            encoded = encode_examples(
                prompt.engine,
                part,
                prompt.images_of,
                masks,
                prompt.slice_mm,
                contrast=prompt.contrast,
                is_turned=True,
                steps=prompt.steps,
                recent=prompt.recent,
            )
            tiles.append(Tile(part, encoded, weights))
    return tiles


def _parts(crop: Crop) -> list[Crop]:
    """Two by two overlapping squares that cover a crop."""
    away = crop.side_mm * (1 - TILE_SHARE) / 2
    centers = [
        [center + sign * away / mm for sign in (-1, 1)]
        for center, mm in zip(crop.center, crop.pixel_spacing, strict=True)
    ]
    side = crop.side_mm * TILE_SHARE
    return [
        Crop((row, column), side, crop.shape, crop.pixel_spacing)
        for row, column in product(*centers)
    ]
