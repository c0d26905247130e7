"""Training tasks: which structure is asked for, in which images, with which guidance."""

from dataclasses import dataclass, fields, replace

import torch
from torch import Generator, Tensor
from torch.nn import functional

from core.network.guidance import (
    ADDED,
    DISTANCE,
    GUIDANCE_CHANNELS,
    PRIOR,
    REMOVED,
    distance_channel,
    prior_channel,
)
from core.network.outlines import between_outlines, signed_distances
from core.training.appearance import make_images
from core.training.augmentation import augment_images, augment_task, show_structure
from core.training.synthesis import AIR, LABELS, OBJECTS, Worlds, chance, make_worlds, uniform

TASKS_PER_WORLD = 2
"""Tasks made of one world, with targets and appearances of their own: worlds cost the most."""


@dataclass(frozen=True)
class Batch:
    """Tasks of one support size and one image side.

    Attributes
    ----------
    query : Tensor
        float32 [tasks, 1, side, side], values in [0, 1].
    support : Tensor
        float32 [tasks, examples, 2, side, side]: image and label of every example.
    guidance : Tensor
        float32 [tasks, `GUIDANCE_CHANNELS`, side, side]; zeros where absent.
    label : Tensor
        float32 [tasks, 1, side, side], 0 or 1: the truth of the query.
    """

    query: Tensor
    support: Tensor
    guidance: Tensor
    label: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Copy the batch to a device."""
        return Batch(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})


def make_batch(
    generator: Generator,
    tasks: int,
    examples: int,
    side: int,
    *,
    volume_share: float = 0.6,
    guidance_share: float = 0.5,
) -> Batch:
    """Draw a batch of synthetic tasks.

    Parameters
    ----------
    generator : Generator
        Source of all randomness; its device is where the batch is made.
    tasks, examples, side : int
        How many tasks, examples of each, and pixels along an image's side.
    volume_share : float
        Share of tasks that are slices of one volume, where guidance is possible.
    guidance_share : float
        Share of volume tasks that get a shape prior and the distance to the nearest example.

    Returns
    -------
    Batch
        The tasks.
    """
    worlds = make_worlds(generator, -(-tasks // TASKS_PER_WORLD), examples + 1, side, volume_share)
    worlds = _repeated(worlds, tasks)
    masks = _targets(generator, worlds)
    images = make_images(generator, worlds)
    guided = worlds.volume & chance(generator, guidance_share, tasks)
    return augmented_batch(generator, images, masks, worlds.positions, guided)


def augmented_batch(
    generator: Generator, images: Tensor, masks: Tensor, positions: Tensor, guided: Tensor
) -> Batch:
    """Add guidance to images and masks, augment them and tell query from examples.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    images : Tensor
        float32 [tasks, images, side, side], values in [0, 1]; the last image is the query.
    masks : Tensor
        bool [tasks, images, side, side].
    positions : Tensor
        float32 [tasks, images]: where the images lie along the normal, in view sides; heeded
        only where guided.
    guided : Tensor
        bool [tasks]: slices of one volume that get a shape prior and a distance.

    Returns
    -------
    Batch
        The tasks.
    """
    guidance = _guidance(generator, positions, masks, guided)
    images = augment_images(generator, images)
    images = show_structure(generator, images, masks)
    images, masks, guidance = augment_task(generator, images, masks, guidance)
    support = torch.stack([images[:, :-1], masks[:, :-1].to(torch.float32)], dim=2)
    return Batch(
        query=images[:, -1:].contiguous(),
        support=support,
        guidance=guidance,
        label=masks[:, -1:].to(torch.float32),
    )


def _repeated(worlds: Worlds, tasks: int) -> Worlds:
    """Use every world for several tasks."""
    return Worlds(
        **{
            f.name: getattr(worlds, f.name).repeat_interleave(TASKS_PER_WORLD, dim=0)[:tasks]
            for f in fields(worlds)
        }
    )


def _targets(generator: Generator, worlds: Worlds) -> Tensor:
    """Choose what to outline in every task: bool [tasks, images, side, side]."""
    labels = worlds.labels
    tasks = labels.shape[0]
    support = labels[:, :-1].flatten(1)
    counts = torch.zeros(tasks, LABELS, device=labels.device)
    counts.scatter_add_(1, support, torch.ones_like(support, dtype=torch.float32))
    support_area = counts / support.shape[1]
    # Structures that fill a usual part of a crop are wanted more often than specks and grounds.
    score = (support_area / (support_area + 0.01)) * (support_area < 0.6)
    score[:, OBJECTS:] *= 0.25
    score[:, AIR] *= 0.1
    score[:, 0] *= torch.where(chance(generator, 0.6, tasks), 8.0, 1.0)
    score = score * torch.where(support_area > 0.001, 1.0, 1e-4) + 1e-8
    first = torch.multinomial(score, 1, generator=generator)[:, :, None, None]
    second = torch.multinomial(score, 1, generator=generator)[:, :, None, None]
    masks = labels == first
    union = chance(generator, 0.12, tasks)[:, None, None, None]
    masks = masks | (union & (labels == second))
    # A thin wall instead of the whole structure.
    side = labels.shape[-1]
    wall = chance(generator, 0.05, tasks)
    if wall.any():
        width = 2 * int(1 + side // 64) + 1
        solid = masks[wall].to(torch.float32)
        inner = -functional.max_pool2d(-solid, width, stride=1, padding=width // 2)
        masks[wall] = (solid - inner) > 0.5
    return masks


def _guidance(generator: Generator, positions: Tensor, masks: Tensor, guided: Tensor) -> Tensor:
    """Guidance of every task's query: [tasks, `GUIDANCE_CHANNELS`, side, side]."""
    tasks, side = len(masks), masks.shape[-1]
    guidance = torch.zeros(tasks, GUIDANCE_CHANNELS, side, side, device=masks.device)
    chosen = guided.nonzero()[:, 0]
    if len(chosen):
        prior, distance = _prior(generator, positions[chosen], masks[chosen])
        guidance[chosen, PRIOR] = prior_channel(prior, side)
        told = chance(generator, 0.85, len(chosen))
        guidance[chosen, DISTANCE] = torch.where(
            told, distance_channel(distance * side, side), 0.0
        )[:, None, None]
    stroked = chance(generator, 0.2, tasks).nonzero()[:, 0]
    if len(stroked):
        expected = torch.where(
            guided[stroked, None, None], guidance[stroked, PRIOR] > 0, masks[stroked, 0]
        )
        truth = masks[stroked, -1]
        guidance[stroked, ADDED] = _strokes(generator, truth & ~expected, truth)
        guidance[stroked, REMOVED] = _strokes(generator, expected & ~truth, ~truth)
    return guidance


def _prior(generator: Generator, positions: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Interpolate the query's outline between its neighbouring examples, sometimes badly.

    Returns the signed distance in pixels [tasks, side, side] and the distance to the nearest
    example in view sides [tasks].
    """
    tasks, side = len(masks), masks.shape[-1]
    device = masks.device
    offsets = positions[:, :-1] - positions[:, -1:]
    far = 1e3
    below, left = torch.where(offsets <= 0, -offsets, far).min(dim=1)
    above, right = torch.where(offsets > 0, offsets, far).min(dim=1)
    # Beyond the outermost example its own outline is all there is.
    left, right = torch.where(below < far, left, right), torch.where(above < far, right, left)
    each = torch.arange(tasks, device=device)
    ends = signed_distances(torch.stack([masks[each, left], masks[each, right]]))
    # An absent structure counts as a little way outside everywhere.
    ends = ends.clamp(-side / 4, side / 4)
    share = below / (below + above)
    share = torch.where((below >= far) | (above >= far), 0.0, share)
    prior = between_outlines(ends[0], ends[1], share).clamp(-side / 4, side / 4)
    nearest = torch.where((below <= above)[:, None, None], ends[0], ends[1])
    kind = torch.rand(tasks, 1, 1, generator=generator, device=device)
    prior = torch.where(kind < 0.12, nearest, prior)
    # What an image-aware method would say: the truth with smooth errors of its outline.
    informed = (kind > 0.75).flatten().nonzero()[:, 0]
    if len(informed):
        truth = signed_distances(masks[informed, -1]).clamp(-side / 4, side / 4)
        knots = torch.randn(len(informed), 1, 6, 6, generator=generator, device=device)
        error = functional.interpolate(knots, (side, side), mode="bicubic", align_corners=True)
        strength = uniform(generator, 0.0, 0.06, len(informed), 1, 1) * side
        blend = uniform(generator, 0.3, 1.0, len(informed), 1, 1)
        prior[informed] = blend * truth + (1 - blend) * prior[informed] + error[:, 0] * strength
    # Too large or too small as a whole.
    inflated = chance(generator, 0.1, tasks)[:, None, None]
    prior = prior + inflated * uniform(generator, -0.05, 0.05, tasks, 1, 1) * side
    return prior, torch.minimum(below, above)


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


def without_guidance(batch: Batch) -> Batch:
    """Copy a batch with all guidance absent."""
    return replace(batch, guidance=torch.zeros_like(batch.guidance))
