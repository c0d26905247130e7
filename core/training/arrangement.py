"""Which series the images of a synthetic task come from, and where they lie in it.

There are three families of tasks. The images of *volumes* are slices of one series; those of
*populations* are about the same slice of as many patients; in *taught* tasks most examples are
slices of a few other patients' series that look like the query, and a few are of its own series.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Generator, Tensor

from core.training.random_numbers import chance, uniform

MOST_TEACHERS: Final = 4
"""Series that teach, at most."""

OWN_WEIGHTS: Final = (0.3, 0.2, 0.3, 0.2)
"""How often none, one, two or three examples of a taught task are of the query's own series."""


@dataclass(frozen=True)
class Arrangement:
    """Where the images of a batch of tasks come from: the examples, the query, slices between.

    Attributes
    ----------
    volume, taught : Tensor
        bool [tasks]: the family; else a population.
    depth : Tensor
        float32 [tasks, images]: where the image lies in its world along the normal, in view sides.
    positions : Tensor
        float32 [tasks, images]: where it lies in the query's series, in view sides; infinite where
        it is of another series.
    changed_as : Tensor
        int64 [tasks, images]: the image whose changes of shape and intensity it shares; itself in
        populations, and in volumes, whose slices move a little, each for itself.
    """

    volume: Tensor
    taught: Tensor
    depth: Tensor
    positions: Tensor
    changed_as: Tensor

    def shared(self, drawn: Tensor) -> Tensor:
        """Give images of one patient the same of what was drawn for every image.

        Parameters
        ----------
        drawn : Tensor
            [tasks, images, …].
        """
        index = self.changed_as.view(*self.changed_as.shape, *(1,) * (drawn.ndim - 2))
        return drawn.gather(1, index.expand_as(drawn))


def arrange(
    generator: Generator,
    tasks: int,
    examples: int,
    *,
    volume_share: float,
    taught_share: float,
    between: int,
) -> Arrangement:
    """Draw the family of every task, and where its images lie.

    Parameters
    ----------
    generator : Generator
        Source of all randomness; its device is where everything happens.
    tasks, examples : int
        How many tasks, and examples of each.
    volume_share, taught_share : float
        Share of tasks that are taught, where there are two examples or more, and share of the
        others that are volumes.
    between : int
        Slices between the query and either of the nearest examples.

    Returns
    -------
    Arrangement
        Of `examples` + 1 + 2 × `between` images.
    """
    device = generator.device
    volume = chance(generator, volume_share, tasks)
    taught = torch.zeros_like(volume)
    depth = torch.where(
        volume[:, None],
        _in_a_volume(generator, tasks, examples),
        # A population's images all come from around one slice.
        uniform(generator, -0.03, 0.03, tasks, examples + 1),
    )
    own = volume[:, None].repeat(1, examples + 1)
    own[:, -1] = True
    changed_as = torch.arange(examples + 1, device=device).repeat(tasks, 1)
    if taught_share > 0 and examples > 1:
        taught = chance(generator, taught_share, tasks)
        volume = volume & ~taught
        few = _own_examples(generator, tasks, examples)
        own = torch.where(taught[:, None], few, own)
        depth = torch.where(taught[:, None], _near_the_query(generator, few), depth)
        changed_as = torch.where(taught[:, None], _patients(generator, few), changed_as)
    positions = torch.where(own, depth, torch.inf)
    along = _slices_between(positions, between)
    positions = torch.cat([positions, along], dim=1)
    depth = torch.cat([depth, along], dim=1)
    own_changes = torch.arange(examples + 1, positions.shape[1], device=device).repeat(tasks, 1)
    as_the_query = torch.full_like(own_changes, examples)
    rest = torch.where(taught[:, None], as_the_query, own_changes)
    return Arrangement(volume, taught, depth, positions, torch.cat([changed_as, rest], dim=1))


def _in_a_volume(generator: Generator, tasks: int, examples: int) -> Tensor:
    """Draw where examples and query lie: even or uneven steps over a random extent."""
    extent = 0.15 + 1.1 * uniform(generator, 0, 1, tasks, 1) ** 1.5
    even = torch.linspace(-0.5, 0.5, max(examples, 2), device=generator.device)[:examples]
    jitter = uniform(generator, -0.5, 0.5, tasks, examples) * chance(generator, 0.5, tasks, 1)
    support = (even + jitter / max(examples, 1)) * extent
    # The query, the last image, lies inside the extent of the examples or a little beyond it.
    query = uniform(generator, -0.65, 0.65, tasks, 1) * extent
    return torch.cat([support, query], dim=1)


def _own_examples(generator: Generator, tasks: int, examples: int) -> Tensor:
    """Which images are of the query's own series: bool [tasks, examples + 1].

    The last ones are, the query among them; at least one example is of another series.
    """
    weights = torch.tensor(OWN_WEIGHTS, device=generator.device)
    own = torch.multinomial(weights, tasks, replacement=True, generator=generator)
    number = torch.arange(examples + 1, device=generator.device)
    return number >= examples - own.clamp(max=examples - 1)[:, None]


def _near_the_query(generator: Generator, own: Tensor) -> Tensor:
    """Draw where the images of taught tasks lie: [tasks, examples + 1].

    Own examples lie in turn on either side of the query, mostly near and up to a third of a view
    away; slices of others mostly at about its level, since those most like it are chosen in use.
    """
    tasks, images = own.shape
    query = uniform(generator, -0.4, 0.4, tasks, 1)
    first = torch.where(chance(generator, 0.5, tasks, 1), 1.0, -1.0)
    sides = first * (1 - 2 * (torch.arange(images, device=own.device) % 2))
    beside = sides * (0.02 + 0.33 * uniform(generator, 0, 1, tasks, images) ** 2)
    level = 0.06 * torch.randn(tasks, images, generator=generator, device=own.device)
    anywhere = uniform(generator, -0.6, 0.6, tasks, images)
    level = torch.where(chance(generator, 0.15, tasks, images), anywhere, level)
    offsets = torch.where(own, beside, level)
    offsets[:, -1] = 0
    return query + offsets


def _patients(generator: Generator, own: Tensor) -> Tensor:
    """Draw whose series every image of taught tasks is of, as the number of one of its images."""
    tasks, images = own.shape
    teachers = torch.randint(
        1, MOST_TEACHERS + 1, (tasks, 1), generator=generator, device=own.device
    )
    teachers = torch.minimum(teachers, (~own).sum(dim=1, keepdim=True))
    number = torch.arange(images, device=own.device)
    return torch.where(own, images - 1, number % teachers)


def _slices_between(positions: Tensor, between: int) -> Tensor:
    """Where slices between the query and the nearest examples lie: [tasks, 2 × between].

    On a side without examples they all lie where the query does.
    """
    query = positions[:, -1:]
    offsets = positions[:, :-1] - query
    below = torch.where(offsets <= 0, offsets, -torch.inf).amax(dim=1, keepdim=True)
    above = torch.where(offsets > 0, offsets, torch.inf).amin(dim=1, keepdim=True)
    shares = torch.arange(1, between + 1, device=positions.device) / (between + 1)
    below, above = (torch.where(side.isfinite(), side, 0.0) for side in (below, above))
    return query + torch.cat([below * (1 - shares), above * shares], dim=1)
