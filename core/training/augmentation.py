"""Changes of tasks and of single images that make training tasks more varied.

The lists follow the paper: in-task augmentation changes every image for itself, task augmentation
changes all images of a task alike and thereby makes a new task.

References
----------
Butoi et al., "UniverSeg: Universal Medical Image Segmentation", ICCV 2023, supplement.
"""

import torch
from torch import Generator, Tensor
from torch.nn import functional

from core.network.guidance import CHANGE_ABOVE, CHANGE_BELOW
from core.proposals.intensity import LEAST_ROOM, STRUCTURE_PERCENTILES
from core.training.random_numbers import chance, uniform

_SHOWN = 0.6
"""Share of tasks in the structure's own range of intensities, as proposals are asked for."""

_ENLARGED = 0.3
"""Share of tasks of a lower resolution than their pictures'."""

_FACTORS = (1.5, 2.2, 3.2, 4.5)
"""How many times lower."""

_BINS = 2048
"""Values that a structure's range is told by."""


def augment_images(generator: Generator, images: Tensor) -> Tensor:
    """Change brightness, contrast, sharpness and noise of every image for itself.

    Some tasks are of a lower resolution as a whole.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    images : Tensor
        float32 [tasks, images, side, side], values in [0, 1].

    Returns
    -------
    Tensor
        The same shape, values in [0, 1].
    """
    tasks, count = images.shape[:2]

    def some(probability: float, low: float, high: float) -> Tensor:
        amount = uniform(generator, low, high, tasks, count, 1, 1)
        # Whole tasks stay as they are, so that images that match well occur too.
        active = chance(generator, probability, tasks, count, 1, 1)
        return amount * (active & chance(generator, 0.5, tasks, 1, 1, 1))

    images = (images - 0.5) * (1 + some(0.5, -0.25, 0.25)) + 0.5 + some(0.5, -0.12, 0.12)
    smooth = functional.avg_pool2d(images, 3, stride=1, padding=1, count_include_pad=False)
    images = images + (images - smooth) * some(0.4, -0.8, 1.5)
    noise = torch.randn(images.shape, generator=generator, device=images.device)
    images = (images + noise * some(0.25, 0.0, 0.06)).clamp(0, 1)
    return _enlarged(generator, images)


def _enlarged(generator: Generator, images: Tensor) -> Tensor:
    """Blur details and noise of some tasks as the crop of a small structure is when enlarged."""
    side = images.shape[-1]
    chosen = chance(generator, _ENLARGED, len(images))
    kind = torch.randint(len(_FACTORS), (len(images),), generator=generator, device=images.device)
    enlarged = images.clone()
    for number, factor in enumerate(_FACTORS):
        where = (chosen & (kind == number)).nonzero()[:, 0]
        if len(where):
            pixels = max(8, round(side / factor))
            coarse = functional.interpolate(images[where], (pixels, pixels), mode="area")
            enlarged[where] = functional.interpolate(coarse, (side, side), mode="bilinear")
    return enlarged


def show_structure(generator: Generator, images: Tensor, masks: Tensor) -> Tensor:
    """Spread the range of the structure's own values in some tasks, as is done in use.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    images : Tensor
        float32 [tasks, images, side, side], values in [0, 1]; the examples first.
    masks : Tensor
        bool [tasks, examples, side, side].

    Returns
    -------
    Tensor
        The same shape, values in [0, 1].
    """
    low, high = _contrasts(images[:, : masks.shape[1]], masks)
    shown = chance(generator, _SHOWN, len(images))
    low, high = torch.where(shown, low, 0.0), torch.where(shown, high, 1.0)
    width = (high - low).clamp(min=1e-6)[:, None, None, None]
    return ((images - low[:, None, None, None]) / width).clamp(0, 1)


def _contrasts(images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Find what `core.proposals.intensity.contrast_around` finds, for all tasks at once.

    Percentiles come from a histogram: on a graphics card it takes a fraction of sorting.

    Parameters
    ----------
    images : Tensor
        float32 [tasks, examples, side, side], values in [0, 1].
    masks : Tensor
        bool, the same shape.

    Returns
    -------
    tuple of Tensor
        What becomes 0 and what becomes 1 of every task.
    """
    tasks = len(images)
    lowest, highest = images.flatten(1).aminmax(dim=1)
    counts = torch.zeros(tasks, _BINS, device=images.device)
    bins = (images * (_BINS - 1)).round().long().flatten(1)
    counts.scatter_add_(1, bins, masks.flatten(1).to(torch.float32))
    total = counts.sum(dim=1, keepdim=True)
    below = counts.cumsum(dim=1)
    bounds = [
        (below < percentile / 100 * total).sum(dim=1) / (_BINS - 1)
        for percentile in STRUCTURE_PERCENTILES
    ]
    room = (bounds[1] - bounds[0]).clamp(min=LEAST_ROOM)
    outlined = total[:, 0] > 0
    low = torch.where(outlined, torch.maximum(lowest, bounds[0] - room), lowest)
    high = torch.where(outlined, torch.minimum(highest, bounds[1] + room), highest)
    return low, high


def augment_task(
    generator: Generator, images: Tensor, masks: Tensor, guidance: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Flip, transpose and invert all images of a task alike, or grow and shrink its masks.

    Masks are inverted, grown or shrunk only in tasks without guidance, whose guidance would
    otherwise speak of another structure.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    images : Tensor
        float32 [tasks, images, side, side].
    masks : Tensor
        bool [tasks, images, side, side]; the last image is the query.
    guidance : Tensor
        float32 [tasks, channels, side, side].

    Returns
    -------
    tuple of Tensor
        Images, masks and guidance, of the same shapes.
    """
    tasks = images.shape[0]
    for dimensions in ((3,), (2,)):
        chosen = chance(generator, 0.5, tasks)[:, None, None, None]
        images, masks, guidance = (
            torch.where(chosen, maps.flip(dimensions), maps) for maps in (images, masks, guidance)
        )
    chosen = chance(generator, 0.5, tasks)[:, None, None, None]
    images, masks, guidance = (
        torch.where(chosen, maps.transpose(2, 3), maps) for maps in (images, masks, guidance)
    )
    inverted = chance(generator, 0.1, tasks)[:, None, None, None]
    images = torch.where(inverted, 1 - images, images)
    changes = guidance[:, CHANGE_BELOW : CHANGE_ABOVE + 1]
    guidance[:, CHANGE_BELOW : CHANGE_ABOVE + 1] = torch.where(inverted, -changes, changes)
    free = guidance.flatten(1).abs().sum(dim=1) == 0
    grown = free & chance(generator, 0.06, tasks)
    if grown.any():
        masks = masks.clone()
        masks[grown] = functional.max_pool2d(masks[grown].float(), 3, stride=1, padding=1) > 0
    shrunk = free & ~grown & chance(generator, 0.04, tasks)
    if shrunk.any():
        masks = masks.clone()
        masks[shrunk] = functional.max_pool2d((~masks[shrunk]).float(), 3, stride=1, padding=1) == 0
    flipped = free & chance(generator, 0.03, tasks)
    masks = masks ^ flipped[:, None, None, None]
    return images, masks, guidance
