"""What the network says of slices, and the guidance that it is given with each.

The guidance is that of training, rule by rule: see `core.training.guidance` and
`core.network.guidance`.
"""

import hashlib
import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import torch
from torch import Tensor

from core.network.cores import on_cores
from core.network.guidance import (
    DISTANCE,
    GUIDANCE_CHANNELS,
    PRIOR,
    distance_channel,
    prior_channel,
)
from core.proposals.crop import SIDE
from core.proposals.examples import neighbours
from core.proposals.network_prompt import NetworkPrompt, turned
from core.proposals.opinions import bounded_distances
from core.proposals.optical_flow import carried
from core.proposals.query_guidance import Direction, Walk, query_guidance

_Item = TypeVar("_Item")

SUPPORT: Final = 8
"""Examples that a query is shown at most, the nearest first: of 17 structures with 16 drawn slices,
4, 8 and 16 of them gave a mean Dice of 0.929, 0.933 and 0.931."""

QUICK_SUPPORT: Final = 4
"""The same for tiles, where eight gave hips and iliopsoas at most 0.003 more, and for answers to
strokes: on 60 slices of 12 structures 4, 6 and 8 gave 0.828, 0.826 and 0.823 (0.682 before)."""


def slices_at_once() -> int:
    """Slices to predict at a time: two for every core; a cancellation waits for as many."""
    return 2 * torch.get_num_threads()


def divided(prompt: NetworkPrompt | None, items: Sequence[_Item]) -> list[Sequence[_Item]]:
    """Divide items for `on_cores`; a graphics card does all of them together."""
    on_card = prompt is not None and prompt.engine.device.type != "cpu"
    each = len(items) if on_card else math.ceil(len(items) / torch.get_num_threads())
    return [items[start : start + each] for start in range(0, len(items), max(1, each))]


def learn_between(gaps: Iterable[tuple[NetworkPrompt, int, int]]) -> None:
    """Find out all that guidance needs about slices between neighbouring examples.

    What one gap needs is shared among the cores, so that nobody waits long for the first answer.

    Parameters
    ----------
    gaps : iterable of (NetworkPrompt, int, int)
        The examples of a segment, and two that are neighbours.

    Raises
    ------
    Cancelled
        If the steps of the examples were cancelled.
    """
    new = [gap for gap in gaps if gap[1:] not in gap[0].outlines]
    parts = [
        (prompt, steps) for prompt, below, above in new for steps in prompt.unfollowed(below, above)
    ]
    on_cores(lambda part: part[0].follow(part[1]), parts)
    ways = [
        (way, gap) for gap in new for way in (NetworkPrompt.opinions, NetworkPrompt.interpolated)
    ]
    on_cores(lambda way: way[0](*way[1]), ways)


def predict_logits(
    prompt: NetworkPrompt,
    slices: Sequence[int],
    *,
    guided: bool = True,
    beyond: Mapping[int, Tensor] | None = None,
    support: int = SUPPORT,
    without: Collection[int] = (),
) -> np.ndarray:
    """Ask the network for a segment on some slices.

    Parameters
    ----------
    prompt : NetworkPrompt
        The examples.
    slices : sequence of int
        Slices to predict; those that are examples are predicted without themselves.
    guided : bool
        Whether the network is given where the structure should be.
    beyond : mapping of int to Tensor, optional
        Beyond the outermost example: signed distance in pixels to its outline carried to the
        slice, float32 [SIDE, SIDE]; carried there from the example where not given.
    support : int
        Examples that a query is shown at most.
    without : collection of int
        Examples that are left out.

    Returns
    -------
    np.ndarray
        float32 [slices, SIDE, SIDE], positive inside, on the grid of `prompt.crop`.

    Raises
    ------
    Cancelled
        If the steps of the examples were cancelled.
    """
    prompt.steps.done()
    given = beyond or {}
    left_out = frozenset(without)
    asked = [_question(index, guided, support, given.get(index), left_out) for index in slices]
    new = [place for place, question in enumerate(asked) if question not in prompt.answers]
    if new:
        missing = [slices[place] for place in new]
        said = _predicted(prompt, missing, guided, given, support, left_out)
        prompt.answers.update(zip((asked[place] for place in new), said, strict=True))
    return np.stack([prompt.answers[question] for question in asked])


def is_answered(prompt: NetworkPrompt, index: int, support: int = SUPPORT) -> bool:
    """Whether it is known what the network says of a slice between examples."""
    return _question(index, True, support, None) in prompt.answers


def _question(
    index: int,
    guided: bool,
    support: int,
    carried_here: Tensor | None,
    left_out: frozenset[int] = frozenset(),
) -> Hashable:
    """Name all that an answer depends on, beside the examples."""
    outline = b"" if carried_here is None else hashlib.blake2b(carried_here.numpy().data).digest()
    return index, guided, support, outline, left_out


def _predicted(
    prompt: NetworkPrompt,
    slices: Sequence[int],
    guided: bool,
    given: Mapping[int, Tensor],
    support: int,
    left_out: frozenset[int],
) -> np.ndarray:
    asked = questions(
        prompt, slices, guided=guided, beyond=given, support=support, without=left_out
    )
    order = {index: place for place, index in enumerate(prompt.encoded)}
    pictures, guidance = asked.pictures, asked.guidance
    if prompt.is_turned:
        # No channel has a direction within the slice.
        pictures, guidance = turned(pictures), None if guidance is None else turned(guidance)
    logits = prompt.engine.predict(
        pictures,
        list(prompt.encoded.values()),
        guidance,
        [sorted(order[index] for index in shown) for shown in asked.shown],
    )
    return turned(logits) if prompt.is_turned else logits


@dataclass(frozen=True, eq=False)
class Questions:
    """What the network is shown of some slices.

    Attributes
    ----------
    pictures : np.ndarray
        float32 [slices, SIDE, SIDE], values in [0, 1].
    guidance : np.ndarray or None
        float32 [slices, GUIDANCE_CHANNELS, SIDE, SIDE]; None where there is none.
    shown : list of list of int
        For every slice the examples that it is predicted from, the nearest first.
    """

    pictures: np.ndarray
    guidance: np.ndarray | None
    shown: list[list[int]]


def questions(
    prompt: NetworkPrompt,
    slices: Sequence[int],
    *,
    guided: bool = True,
    beyond: Mapping[int, Tensor] | None = None,
    support: int = SUPPORT,
    without: Collection[int] = (),
) -> Questions:
    """Put together what the network is asked about some slices, without asking it.

    Parameters
    ----------
    prompt, slices, guided, beyond, support, without : as there
        As `predict_logits` takes them.

    Returns
    -------
    Questions
        Not turned, even where `prompt.is_turned`.
    """
    given = beyond or {}
    usable = [_nearest_first(prompt, {index, *without}, index) for index in slices]
    pictures = prompt.pictures(slices)
    guidance = None
    if guided and prompt.engine.guidance_channels:
        guidance = np.stack(
            [
                _guidance(prompt, index, torch.from_numpy(picture), known, given.get(index)).numpy()
                for index, picture, known in zip(slices, pictures, usable, strict=True)
            ]
        )
    return Questions(pictures, guidance, [known[:support] for known in usable])


def _nearest_first(prompt: NetworkPrompt, left_out: Set[int], index: int) -> list[int]:
    """Examples to predict a slice from, without some."""
    return sorted(
        prompt.encoded.keys() - left_out, key=lambda example: (abs(example - index), example)
    )


def carried_beyond(
    prompt: NetworkPrompt, index: int, inner: int, distance: Tensor | None = None
) -> Tensor:
    """Carry an outline along the images to a slice beyond the outermost example.

    Parameters
    ----------
    prompt : NetworkPrompt
        The examples.
    index : int
        The slice.
    inner : int
        Where the outline is known: the example, or a slice on the way.
    distance : Tensor, optional
        Signed distance in pixels to the outline there, float32 [SIDE, SIDE]; the example's by
        default.

    Returns
    -------
    Tensor
        float32 [SIDE, SIDE].
    """
    found = prompt.distances[inner] if distance is None else distance
    step = 1 if index > inner else -1
    for place in range(inner + step, index + step, step):
        flow = prompt.motion.flow(place, place - step)
        found = carried(found[None], flow[None])[0]
    return found


def _guidance(
    prompt: NetworkPrompt,
    index: int,
    picture: Tensor,
    known: Sequence[int],
    carried_here: Tensor | None,
) -> Tensor:
    """Build the guidance of one query from the examples that may be used."""
    below, above = neighbours(known, index)
    if below is None or above is None:
        example = min(known, key=lambda place: abs(place - index))
        inner = index - 1 if below is not None else index + 1
        if carried_here is None:
            carried_here = carried_beyond(prompt, index, example)
        beside = torch.from_numpy(prompt.pictures([inner])[0])
        only = Direction(abs(example - index) * prompt.step, carried_here, beside)
        # Beyond the outermost example its own outline is all there is.
        prior = prompt.distances[example]
        towards = (only, None) if below is not None else (None, only)
        return query_guidance(picture, prior, towards[0], towards[1], None)
    said = prompt.opinions(below, above)
    place = index - below - 1
    sides = torch.from_numpy(prompt.pictures([index - 1, index + 1]))
    return query_guidance(
        picture,
        prompt.interpolated(below, above)[place].float(),
        Direction((index - below) * prompt.step, said.from_below[0, place].float(), sides[0]),
        Direction((above - index) * prompt.step, said.from_above[0, place].float(), sides[1]),
        Walk(said.walked[0, place].float(), float(said.agreement[0])),
    )


def correction_guidance(prompt: NetworkPrompt, index: int, expected: np.ndarray) -> np.ndarray:
    """Build the guidance of a slice whose mask is to be corrected.

    Parameters
    ----------
    prompt : NetworkPrompt
        The examples.
    index : int
        The slice.
    expected : np.ndarray
        Its mask, bool [SIDE, SIDE].

    Returns
    -------
    np.ndarray
        float32 [GUIDANCE_CHANNELS, SIDE, SIDE], without strokes.
    """
    away = min(abs(example - index) for example in prompt.encoded) * prompt.step
    guidance = torch.zeros(GUIDANCE_CHANNELS, SIDE, SIDE)
    guidance[PRIOR] = prior_channel(bounded_distances(torch.from_numpy(expected)), SIDE)
    guidance[DISTANCE] = distance_channel(torch.tensor(away), SIDE)
    return guidance.numpy()
