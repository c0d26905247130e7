"""Guidance of training tasks: what the network is told in use, and bad versions of it."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from core.network.guidance import (
    ADDED,
    AGREEMENT,
    CHANGE_ABOVE,
    CHANGE_BELOW,
    DISTANCE,
    FROM_ABOVE,
    FROM_BELOW,
    GUIDANCE_CHANNELS,
    NEAR_ABOVE,
    NEAR_BELOW,
    PRIOR,
    REMOVED,
    WALKED,
    distance_channel,
    nearness_channel,
    prior_channel,
)
from core.network.outlines import between_outlines
from core.proposals.opinions import bounded_distances, opinions_between
from core.training.random_numbers import chance, smooth_fields, uniform

_FAR = 1e3
"""Distance in view sides of an example that is not there."""


def make_guidance(
    generator: Generator, images: Tensor, masks: Tensor, positions: Tensor, guided: Tensor
) -> Tensor:
    """Make the guidance of every task's query.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    images : Tensor
        float32 [tasks, examples + 1 + 2 × between, side, side]: examples, query, and the slices
        between it and the nearest example below, and as many above, in their order.
    masks : Tensor
        bool [tasks, examples + 1, side, side]: of examples and query.
    positions : Tensor
        float32 [tasks, examples + 1]: where they lie along the normal, in view sides.
    guided : Tensor
        bool [tasks]: tasks that get more than strokes.

    Returns
    -------
    Tensor
        float32 [tasks, `GUIDANCE_CHANNELS`, side, side].
    """
    tasks, side = len(masks), masks.shape[-1]
    guidance = torch.zeros(tasks, GUIDANCE_CHANNELS, side, side, device=masks.device)
    stroked = chance(generator, 0.2, tasks)
    chosen = guided.nonzero()[:, 0]
    if len(chosen):
        around = nearest_examples(positions[chosen])
        # A mask is corrected without the opinions of other methods.
        alone = chance(generator, 0.15, len(chosen)) | (
            stroked[chosen] & chance(generator, 0.7, len(chosen))
        )
        prior = _prior(generator, around, masks[chosen], alone)
        guidance[chosen, PRIOR] = prior_channel(prior, side)
        told = chance(generator, 0.85, len(chosen))
        nearest = torch.minimum(around.below, around.above)
        guidance[chosen, DISTANCE] = torch.where(told, distance_channel(nearest * side, side), 0.0)[
            :, None, None
        ]
        others = (~alone).nonzero()[:, 0]
        if len(others):
            some = chosen[others]
            guidance[some, FROM_BELOW:] = _opinions(
                generator, images[some], masks[some], around.of(others)
            )
    where = stroked.nonzero()[:, 0]
    if len(where):
        expected = torch.where(
            guided[where, None, None], guidance[where, PRIOR] > 0, masks[where, 0]
        )
        truth = masks[where, -1]
        guidance[where, ADDED] = _strokes(generator, truth & ~expected, truth)
        guidance[where, REMOVED] = _strokes(generator, expected & ~truth, ~truth)
    return guidance


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest examples on either side of the queries.

    Attributes
    ----------
    left, right : Tensor
        int64 [tasks]: the examples; where one is missing, the other one.
    below, above : Tensor
        float32 [tasks]: how far away they are, in view sides; `_FAR` where missing.
    """

    left: Tensor
    right: Tensor
    below: Tensor
    above: Tensor

    @property
    def on_both_sides(self) -> Tensor:
        """Whether there is an example on either side: bool [tasks]."""
        return (self.below < _FAR) & (self.above < _FAR)

    def of(self, tasks: Tensor) -> "Neighbours":
        """Choose some of the tasks."""
        return Neighbours(self.left[tasks], self.right[tasks], self.below[tasks], self.above[tasks])


def nearest_examples(positions: Tensor) -> Neighbours:
    """Find the nearest examples on either side of the query.

    Parameters
    ----------
    positions : Tensor
        float32 [tasks, examples + 1]: where the examples lie along the normal, in view sides, and
        the query, which comes last.
    """
    offsets = positions[:, :-1] - positions[:, -1:]
    below, left = torch.where(offsets <= 0, -offsets, _FAR).min(dim=1)
    above, right = torch.where(offsets > 0, offsets, _FAR).min(dim=1)
    # Beyond the outermost example its own outline is all there is.
    left, right = torch.where(below < _FAR, left, right), torch.where(above < _FAR, right, left)
    return Neighbours(left, right, below, above)


def _prior(generator: Generator, around: Neighbours, masks: Tensor, alone: Tensor) -> Tensor:
    """Interpolate the query's outline between its neighbouring examples, sometimes badly.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    around : Neighbours
        The examples.
    masks : Tensor
        bool [tasks, examples + 1, side, side].
    alone : Tensor
        bool [tasks]: tasks without other opinions, whose outline may come from anywhere.

    Returns
    -------
    Tensor
        Signed distance in pixels, [tasks, side, side].
    """
    tasks, side = len(masks), masks.shape[-1]
    device = masks.device
    each = torch.arange(tasks, device=device)
    # An absent structure counts as a little way outside everywhere.
    ends = bounded_distances(torch.stack([masks[each, around.left], masks[each, around.right]]))
    share = torch.where(around.on_both_sides, around.below / (around.below + around.above), 0.0)
    prior = between_outlines(ends[0], ends[1], share).clamp(-side / 4, side / 4)
    nearest = torch.where((around.below <= around.above)[:, None, None], ends[0], ends[1])
    kind = torch.rand(tasks, 1, 1, generator=generator, device=device)
    prior = torch.where(kind < 0.12, nearest, prior)
    # What an image-aware method would say: the truth with smooth errors of its outline.
    informed = ((kind.flatten() > 0.6) & alone).nonzero()[:, 0]
    if len(informed):
        truth = bounded_distances(masks[informed, -1])
        error = smooth_fields(generator, len(informed), side)
        strength = uniform(generator, 0.0, 0.06, len(informed), 1, 1) * side
        blend = uniform(generator, 0.3, 1.0, len(informed), 1, 1)
        prior[informed] = blend * truth + (1 - blend) * prior[informed] + error * strength
    # Too large or too small as a whole.
    inflated = chance(generator, 0.1, tasks)[:, None, None]
    return prior + inflated * uniform(generator, -0.05, 0.05, tasks, 1, 1) * side


def _opinions(generator: Generator, images: Tensor, masks: Tensor, around: Neighbours) -> Tensor:
    """Ask the methods that follow the images, and leave some of their answers out.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    images, masks : Tensor
        As `make_guidance` takes them.
    around : Neighbours
        The examples.

    Returns
    -------
    Tensor
        Channels from `FROM_BELOW` on: float32 [tasks, channels, side, side].
    """
    tasks, side = len(masks), masks.shape[-1]
    examples = masks.shape[1] - 1
    each = torch.arange(tasks, device=masks.device)
    query, between = images[:, examples], images[:, examples + 1 :]
    lower, upper = between.chunk(2, dim=1)
    chain = [images[each, around.left][:, None], lower, query[:, None], upper]
    pictures = torch.cat([*chain, images[each, around.right][:, None]], dim=1)
    middle = lower.shape[1]
    has_below, has_above = around.below < _FAR, around.above < _FAR
    both = around.on_both_sides
    extent = torch.where(both, around.below + around.above, 1.0)
    step = extent * side / (pictures.shape[1] - 1)
    said = opinions_between(
        pictures,
        masks[each, around.left],
        masks[each, around.right],
        step,
        walk_iterations=30,
    )
    channels = torch.zeros(tasks, GUIDANCE_CHANNELS, side, side, device=masks.device)
    keep_carried, keep_walk, keep_near, keep_change = (
        chance(generator, probability, tasks) for probability in (0.9, 0.8, 0.9, 0.85)
    )

    def where(known: Tensor, values: Tensor) -> Tensor:
        return torch.where(known[:, None, None], values, 0.0)

    channels[:, FROM_BELOW] = where(
        has_below & keep_carried, prior_channel(said.from_below[:, middle], side)
    )
    channels[:, FROM_ABOVE] = where(
        has_above & keep_carried, prior_channel(said.from_above[:, middle], side)
    )
    channels[:, WALKED] = where(both & keep_walk, 2 * said.walked[:, middle] - 1)
    for channel, known, distance in (
        (NEAR_BELOW, has_below, around.below),
        (NEAR_ABOVE, has_above, around.above),
    ):
        nearness = nearness_channel(distance * side, side)[:, None, None]
        channels[:, channel] = where(known & keep_near, nearness)
    for channel, known, place in (
        (CHANGE_BELOW, has_below, middle),
        (CHANGE_ABOVE, has_above, middle + 2),
    ):
        channels[:, channel] = where(known & keep_change, pictures[:, place] - query)
    channels[:, AGREEMENT] = where(both & keep_carried, said.agreement[:, None, None])
    return channels[:, FROM_BELOW:]


def _strokes(generator: Generator, wanted: Tensor, allowed: Tensor) -> Tensor:
    """Draw up to two short strokes that start where they are wanted and stay where allowed.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    wanted, allowed : Tensor
        bool [tasks, side, side].

    Returns
    -------
    Tensor
        float32 [tasks, side, side], 0 or 1.
    """
    tasks, side, _ = wanted.shape
    axis = torch.arange(side, device=wanted.device, dtype=torch.float32)
    drawn = torch.zeros_like(wanted)
    weights = wanted.flatten(1).to(torch.float32)
    possible = weights.sum(dim=1) > 0
    weights[~possible] = 1.0
    for probability in (0.8, 0.3):
        start = torch.multinomial(weights, 1, generator=generator)[:, 0]
        start_y, start_x = (start // side).float(), (start % side).float()
        angle = uniform(generator, 0, 2 * torch.pi, tasks)
        length = uniform(generator, 0.0, 0.2, tasks) * side
        radius = uniform(generator, 0.008, 0.03, tasks) * side
        dx = axis[None, None, :] - start_x[:, None, None]
        dy = axis[None, :, None] - start_y[:, None, None]
        cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
        along = (cosine * dx + sine * dy).clamp(min=0)
        along = torch.minimum(along, length[:, None, None])
        reach = (dx - along * cosine).square() + (dy - along * sine).square()
        now = possible & chance(generator, probability, tasks)
        drawn |= (reach <= radius[:, None, None].square()) & now[:, None, None]
    return (drawn & allowed).to(torch.float32)
