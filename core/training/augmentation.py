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

from core.proposals.intensity import contrast_around, scale
from core.training.synthesis import chance, uniform

_SHOWN = 0.6
"""Share of tasks in the structure's own range of intensities, as proposals are asked for."""

_ENLARGED = 0.3
"""Share of tasks of a lower resolution than their pictures'."""


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
    factor = uniform(generator, 1.5, 4.5, len(images))
    enlarged = images.clone()
    for index in chance(generator, _ENLARGED, len(images)).nonzero()[:, 0].tolist():
        pixels = max(8, round(side / float(factor[index])))
        coarse = functional.interpolate(images[index, None], (pixels, pixels), mode="area")
        enlarged[index] = functional.interpolate(coarse, (side, side), mode="bilinear")[0]
    return enlarged


def show_structure(generator: Generator, images: Tensor, masks: Tensor) -> Tensor:
    """Spread the range of the structure's own values in some tasks, as is done in use.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    images : Tensor
        float32 [tasks, images, side, side], values in [0, 1].
    masks : Tensor
        bool [tasks, images, side, side]; the last image is the query, whose mask stays unseen.

    Returns
    -------
    Tensor
        The same shape, values in [0, 1].
    """
    images = images.clone()
    for index in chance(generator, _SHOWN, len(images)).nonzero()[:, 0].tolist():
        seen, outlined = images[index].cpu().numpy(), masks[index].cpu().numpy()
        contrast = contrast_around(seen[:-1], outlined[:-1])
        images[index] = torch.from_numpy(scale(seen, contrast))
    return images


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
