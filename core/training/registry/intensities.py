"""Real shapes with synthetic intensities: what another scanner might have made of a scan.

The pixels of a real image are grouped by brightness into a few regions, as the generator groups
those of a synthetic world, and the structure is a region of its own, in most tasks; then the image
is drawn as that of a synthetic label map is (`core.training.appearance`). Outlines and
neighbours stay those of patients; contrasts and textures become any. Billot et al., "SynthSeg:
Segmentation of brain MRI scans of any contrast and resolution without retraining", Medical Image
Analysis 86 (2023), train on label maps alone in this way.
"""

from typing import Final

import torch
from torch import Generator, Tensor
from torch.nn import functional

from core.training.appearance import make_images
from core.training.arrangement import Arrangement
from core.training.random_numbers import chance
from core.training.synthesis import AIR, OBJECTS, REGIONS, Worlds

_SAMPLE: Final = 4096
_NOISE_KNOTS: Final = 8
_OWN_LABEL_SHARE: Final = 0.7


def synthetic_intensities(
    generator: Generator, images: Tensor, masks: Tensor, volume: Tensor, own: Tensor
) -> Tensor:
    """Draw the images of real tasks anew, with other intensities.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    images : Tensor
        float32 [tasks, images, side, side], values in [0, 1].
    masks : Tensor
        bool, shaped as `images`: the structure.
    volume : Tensor
        bool [tasks]: whether all images are slices of one scan.
    own : Tensor
        bool [tasks, images]: which images are slices of the query's scan, itself among them.

    Returns
    -------
    Tensor
        float32, shaped as `images`, values in [0, 1].
    """
    tasks, count, side, _ = images.shape
    device = images.device
    labels = _regions(generator, images)
    has_own = chance(generator, _OWN_LABEL_SHARE, tasks, 1, 1, 1)
    labels = torch.where(masks & has_own, 0, labels)
    knots = (tasks, 1, max(2, count // 4), _NOISE_KNOTS, _NOISE_KNOTS)
    noise = functional.interpolate(
        torch.randn(knots, generator=generator, device=device),
        (count, side, side),
        mode="trilinear",
        align_corners=True,
    )
    each = torch.arange(count, device=device).expand(tasks, -1)
    nowhere = torch.zeros((tasks, count), device=device)
    arrangement = Arrangement(
        volume=volume,
        taught=~volume,
        depth=nowhere,
        positions=nowhere,
        changed_as=torch.where(own & ~volume[:, None], own.int().argmax(dim=1)[:, None], each),
    )
    return make_images(generator, Worlds(labels, arrangement, noise, labels))


def _regions(generator: Generator, images: Tensor) -> Tensor:
    """Group the pixels of every task by brightness: air is the darkest group."""
    tasks = len(images)
    device = images.device
    smooth = functional.avg_pool2d(images, 3, stride=1, padding=1)
    sample = smooth.flatten(1)
    sample = sample[:, :: max(1, sample.shape[1] // _SAMPLE)].sort(dim=1).values
    places = torch.rand(tasks, REGIONS - 1, generator=generator, device=device)
    cuts = sample.gather(1, (places * sample.shape[1]).long())
    # Not all of them are used, but two always are, so that there are three groups or more.
    unused = torch.rand(tasks, REGIONS - 1, generator=generator, device=device) < 0.5
    unused[:, :2] = False
    cuts = torch.where(unused, torch.inf, cuts)
    group = torch.stack([smooth > cut[:, None, None, None] for cut in cuts.unbind(1)]).sum(dim=0)
    return torch.where(group == 0, AIR, OBJECTS + group)
