"""Training tasks: which structure is asked for, in which images, with which guidance."""

from dataclasses import dataclass, fields, replace

import torch
from torch import Generator, Tensor
from torch.nn import functional

from core.training.answers import with_answers
from core.training.appearance import make_images
from core.training.arrangement import Arrangement, arrange
from core.training.augmentation import augment_images, augment_task, show_structure
from core.training.guidance import make_guidance, nearest_examples
from core.training.random_numbers import chance
from core.training.synthesis import AIR, LABELS, OBJECTS, Worlds, make_worlds

TASKS_PER_WORLD = 2
"""Tasks made of one world, with targets and appearances of their own: worlds cost the most."""

_ENDING_WEIGHT = 100.0
"""How much more often a label that ends is taken where one is wanted: nearly always."""


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

    def used_on(self, stream: torch.cuda.Stream) -> None:
        """Keep the memory of the batch while a stream other than the one it was made on uses it."""
        for field in fields(self):
            getattr(self, field.name).record_stream(stream)


def make_batch(
    generator: Generator,
    tasks: int,
    examples: int,
    side: int,
    *,
    volume_share: float = 0.6,
    guidance_share: float = 0.5,
    ends_share: float = 0.2,
    taught_share: float = 0.0,
    between: int = 1,
) -> Batch:
    """Draw a batch of synthetic tasks.

    Parameters
    ----------
    generator : Generator
        Source of all randomness; its device is where the batch is made.
    tasks, examples, side : int
        How many tasks, examples of each, and pixels along an image's side.
    volume_share : float
        Share of tasks that are slices of one volume.
    guidance_share : float
        Share of tasks with an example of the query's own series that are guided.
    ends_share : float
        Share of volume tasks whose structure, where one does, ends between query and an example.
    taught_share : float
        Share of tasks whose examples are of a few other series, and at most three of the query's
        own; the other shares are of the rest.
    between : int
        Slices between the query and either of the nearest examples.

    Returns
    -------
    Batch
        The tasks.
    """
    arrangement = arrange(
        generator,
        -(-tasks // TASKS_PER_WORLD),
        examples,
        volume_share=volume_share,
        taught_share=taught_share,
        between=between,
    )
    worlds = _repeated(make_worlds(generator, arrangement, side), tasks)
    arrangement = worlds.arrangement
    at_ends = arrangement.volume & chance(generator, ends_share, tasks)
    masks = _targets(generator, worlds, examples, at_ends)
    images = make_images(generator, worlds)
    positions = arrangement.positions[:, : examples + 1]
    own = positions.isfinite() & arrangement.taught[:, None]
    masks = with_answers(generator, masks, own[:, :-1])
    guided = chance(generator, guidance_share, tasks)
    return augmented_batch(generator, images, masks, positions, guided, examples)


def augmented_batch(
    generator: Generator,
    images: Tensor,
    masks: Tensor,
    positions: Tensor,
    guided: Tensor,
    examples: int,
) -> Batch:
    """Add guidance to images and masks, augment them and tell query from examples.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    images : Tensor
        float32 [tasks, images, side, side], values in [0, 1]: the examples, the query, the slices
        between it and the nearest example below, and as many above, in their order.
    masks : Tensor
        bool [tasks, images, side, side]; those of the slices between are not read.
    positions : Tensor
        float32 [tasks, examples + 1]: where examples and query lie along the normal, in view
        sides; infinite for examples of other series.
    guided : Tensor
        bool [tasks]: tasks that get guidance besides strokes, where an example is of the query's
        series.
    examples : int
        How many.

    Returns
    -------
    Batch
        The tasks.
    """
    masks = masks[:, : examples + 1]
    images = augment_images(generator, images)
    images = show_structure(generator, images, masks[:, :-1])
    guided = guided & positions[:, :examples].isfinite().any(dim=1)
    guidance = make_guidance(generator, images, masks, positions, guided)
    images = images[:, : examples + 1]
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

    def repeated(tensor: Tensor) -> Tensor:
        return tensor.repeat_interleave(TASKS_PER_WORLD, dim=0)[:tasks]

    arranged = {f.name: repeated(getattr(worlds.arrangement, f.name)) for f in fields(Arrangement)}
    return Worlds(
        labels=repeated(worlds.labels),
        arrangement=Arrangement(**arranged),
        noise=repeated(worlds.noise),
        ground=repeated(worlds.ground),
    )


def _targets(generator: Generator, worlds: Worlds, examples: int, at_ends: Tensor) -> Tensor:
    """Choose what to outline in every task: bool [tasks, images, side, side].

    In tasks of `at_ends`, bool [tasks], a label that only one of the two neighbouring examples
    shows is preferred: somebody has said that the structure is not on the other.
    """
    labels = worlds.labels
    tasks = labels.shape[0]
    support = labels[:, :examples].flatten(1)
    counts = torch.zeros(tasks, LABELS, device=labels.device)
    counts.scatter_add_(1, support, torch.ones_like(support, dtype=torch.float32))
    support_area = counts / support.shape[1]
    # Structures that fill a usual part of a crop are wanted more often than specks and grounds.
    score = (support_area / (support_area + 0.01)) * (support_area < 0.6)
    score[:, OBJECTS:] *= 0.25
    score[:, AIR] *= 0.1
    score[:, 0] *= torch.where(chance(generator, 0.6, tasks), 8.0, 1.0)
    ending = (
        _ending_labels(labels, worlds.arrangement.positions[:, : examples + 1]) & at_ends[:, None]
    )
    score *= torch.where(ending, _ENDING_WEIGHT, 1.0)
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


def _ending_labels(labels: Tensor, positions: Tensor) -> Tensor:
    """Which labels exactly one of the query's neighbouring examples shows: bool [tasks, LABELS].

    Parameters
    ----------
    labels : Tensor
        int64 [tasks, images, side, side].
    positions : Tensor
        float32 [tasks, examples + 1], as `nearest_examples` takes them.
    """
    around = nearest_examples(positions)
    each = torch.arange(len(labels), device=labels.device)
    below, above = (
        torch.zeros(len(labels), LABELS, device=labels.device)
        .scatter_(1, labels[each, chosen].flatten(1), 1.0)
        .bool()
        for chosen in (around.left, around.right)
    )
    return (below ^ above) & around.on_both_sides[:, None]


def without_guidance(batch: Batch) -> Batch:
    """Copy a batch with all guidance absent."""
    return replace(batch, guidance=torch.zeros_like(batch.guidance))
