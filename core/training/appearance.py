"""What a scanner makes of a label map: intensities, texture, artefacts and noise, in batches."""

import torch
from torch import Generator, Tensor
from torch.nn import functional

from core.training.random_numbers import chance, uniform
from core.training.synthesis import AIR, LABELS, Worlds


def make_images(generator: Generator, worlds: Worlds) -> Tensor:
    """Draw the images of label maps.

    Intensities belong to the task's labels, with a variation that is small between the slices of a
    volume and larger between patients; texture, blur, bias field, gamma, streaks and noise follow.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    worlds : Worlds
        The label maps.

    Returns
    -------
    Tensor
        float32 [tasks, images, side, side], values in [0, 1].
    """
    labels = worlds.labels
    tasks, images, side, _ = labels.shape
    arrangement = worlds.arrangement
    spread = torch.where(arrangement.volume, 0.01, uniform(generator, 0.0, 0.15, tasks))
    means = uniform(generator, 0, 1, tasks, 1, LABELS)
    # In some tasks neighbours differ little, as soft tissues do.
    contrast = torch.where(
        chance(generator, 0.35, tasks), uniform(generator, 0.15, 0.5, tasks), 1.0
    )
    means = 0.5 + (means - 0.5) * contrast[:, None, None]
    means[:, :, AIR] = torch.where(chance(generator, 0.85, tasks), 0.0, 1.0)[:, None]
    alike = chance(generator, 0.3, tasks)
    means[:, 0, 1] = torch.where(alike, means[:, 0, 0], means[:, 0, 1])
    own = torch.randn(tasks, images, LABELS, generator=generator, device=generator.device)
    means = means + arrangement.shared(own) * spread[:, None, None]
    image = means.gather(2, worlds.ground.flatten(2)).view_as(labels).to(torch.float32)
    image = image + _shade(generator, worlds)
    image = image + _texture(generator, worlds)
    image = _blurred(generator, image)
    image = image + _bias_field(generator, tasks, images, side)
    image = image + _streaks(generator, tasks, images, side)
    image = _noisy(generator, image)
    low, high = _percentiles(image)
    image = (image - low[:, None, None, None]) / (high - low + 1e-3)[:, None, None, None]
    image = image.clamp(0, 1)
    gamma = torch.exp(uniform(generator, -0.5, 0.5, tasks, 1, 1, 1))
    image = image.pow(gamma)
    return torch.where(chance(generator, 0.15, tasks, 1, 1, 1), 1 - image, image)


def _percentiles(image: Tensor) -> tuple[Tensor, Tensor]:
    """1st and 99th percentile of every task, from a few thousand of its pixels."""
    sample = image.flatten(1)
    sample = sample[:, :: max(1, sample.shape[1] // 2048)]
    low, high = sample.quantile(torch.tensor([0.01, 0.99], device=image.device), dim=1)
    return low, high


def _shade(generator: Generator, worlds: Worlds) -> Tensor:
    """What a see-through first object adds to what lies behind it: 0 in all other tasks."""
    tasks = len(worlds.labels)
    amount = uniform(generator, 0.06, 0.5, tasks) * torch.where(
        chance(generator, 0.5, tasks), 1.0, -1.0
    )
    seen = worlds.labels != worlds.ground
    return amount[:, None, None, None] * seen


def _texture(generator: Generator, worlds: Worlds) -> Tensor:
    """Texture per label: smooth fields of the place and grain of the image, scaled per label."""
    labels = worlds.labels
    tasks, images, side, _ = labels.shape
    strength = uniform(generator, 0, 1, tasks, LABELS) ** 2 * uniform(generator, 0, 0.25, tasks, 1)
    strength[:, AIR] = 0.0
    scale = strength[:, None].expand(-1, images, -1).gather(2, labels.flatten(2)).view_as(labels)
    coarse = worlds.noise[:, 0] * 0.5
    fraction = uniform(generator, 0, 1, tasks, 1, 1, 1)
    grain = torch.randn(tasks, images, side, side, generator=generator, device=generator.device)
    smooth = functional.avg_pool2d(grain, 3, stride=1, padding=1) * 3
    grain = torch.where(chance(generator, 0.5, tasks, 1, 1, 1), smooth, grain)
    return scale * (coarse * fraction + grain * (1 - fraction))


def _blurred(generator: Generator, image: Tensor) -> Tensor:
    """Blur every task by its own Gaussian: the scanner's resolution and the partial volume."""
    tasks = image.shape[0]
    sigma = uniform(generator, 0.3, 1.3, tasks) * image.shape[-1] / 128
    sigma = sigma.clamp(min=0.25)
    offsets = torch.arange(-3, 4, device=image.device, dtype=torch.float32)
    kernel = torch.exp(-offsets.square() / (2 * sigma[:, None].square()))
    kernel = kernel / kernel.sum(dim=1, keepdim=True)
    stack = functional.pad(image.transpose(0, 1), (3, 3, 3, 3), mode="replicate")
    stack = functional.conv2d(stack, kernel[:, None, None, :], groups=tasks)
    stack = functional.conv2d(stack, kernel[:, None, :, None], groups=tasks)
    return stack.transpose(0, 1)


def _bias_field(generator: Generator, tasks: int, images: int, side: int) -> Tensor:
    """Slow brightness change over an image, partly shared by the images of a task."""
    device = generator.device
    shared = torch.randn(tasks, 1, 3, 3, generator=generator, device=device)
    own = torch.randn(tasks, images, 3, 3, generator=generator, device=device)
    strength = uniform(generator, 0, 0.15, tasks, 1, 1, 1) * chance(generator, 0.5, tasks, 1, 1, 1)
    return functional.interpolate(
        (shared + 0.4 * own) * strength, (side, side), mode="bilinear", align_corners=True
    )


def _streaks(generator: Generator, tasks: int, images: int, side: int) -> Tensor:
    """Parallel stripes of one direction, as from metal, motion or a faulty line."""
    axis = torch.arange(side, device=generator.device, dtype=torch.float32) / side
    angle = uniform(generator, 0, torch.pi, tasks, images, 1, 1)
    phase = uniform(generator, 0, 2 * torch.pi, tasks, images, 1, 1)
    rate = uniform(generator, 10, 120, tasks, 1, 1, 1)
    wave = torch.sin((angle.cos() * axis + angle.sin() * axis[:, None]) * rate + phase)
    strength = uniform(generator, 0, 0.08, tasks, 1, 1, 1) * chance(
        generator, 0.12, tasks, images, 1, 1
    )
    return wave * strength


def _noisy(generator: Generator, image: Tensor) -> Tensor:
    """Add Gaussian, Rician or Poisson-like noise, one kind per task."""
    tasks = image.shape[0]

    def normal() -> Tensor:
        return torch.randn(image.shape, generator=generator, device=generator.device)

    sigma = uniform(generator, 0, 1, tasks, 1, 1, 1) ** 2 * 0.12
    kind = torch.rand(tasks, 1, 1, 1, generator=generator, device=generator.device)
    plain = normal() * sigma
    rician = ((image + plain).square() + (normal() * sigma).square()).sqrt()
    poisson = image + plain * image.clamp(min=0.02).sqrt() * 1.5
    return torch.where(kind < 0.5, image + plain, torch.where(kind < 0.75, rician, poisson))
