"""The network adapted to labelled pictures: some gradient steps before it is asked about others.

Every labelled picture is predicted from further ones of the same set, as a picture that is asked
about will be, and the network's parameters follow the gradients of what is wrong. Pictures are
moved or turned and changed in brightness at random, so that few of them make many tasks.
"""

import copy
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from core.network.cores import on_cores
from core.network.definition import UniverSeg
from core.network.differentiable import mixed_logits
from core.network.engine import Engine
from core.network.loss import segmentation_loss
from core.network.weights import Weights
from core.proposals.recently_used import RecentlyUsed

_TASKS, _EXAMPLES = 4, 4
"""Tasks of a step, and examples of each at most."""

_GRADIENT_NORM: Final = 1.0
_WARM_UP: Final = 5

_WITHOUT_STRUCTURE: Final = 0.2
"""Share of tasks whose query shows nothing of the structure, where there are such pictures."""

_TURN, _ZOOM, _ASPECT, _SHIFT = 0.2, 0.15, 0.07, 0.08
"""Changes of an oriented picture at most: radians, logarithms of two scales, halves of a side."""

_GAMMA, _CONTRAST, _BRIGHTNESS = 0.2, 0.15, 0.1
"""Changes of values at most: logarithm of an exponent, share of the range, and shift."""

_KEPT: Final = 4
"""Adapted networks that are kept, of 5 MB each."""


@dataclass(frozen=True, eq=False)
class Task:
    """A picture to segment, whose mask is known.

    Attributes
    ----------
    picture : Tensor
        float32 [1, row, column], values in [0, 1].
    label : Tensor
        float32, the same shape: 1 inside.
    examples : Tensor
        float32 [example, 2, row, column]: pictures and their labels.
    guidance : Tensor or None
        float32 [`core.network.guidance.GUIDANCE_CHANNELS`, row, column].
    """

    picture: Tensor
    label: Tensor
    examples: Tensor
    guidance: Tensor | None = None


class TaskSource(Protocol):
    """From which tasks are made."""

    def tasks(self, generator: Generator) -> list[Task]:
        """Make the tasks of one gradient step, at random."""


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """Pictures of one structure in one view, of which each is predicted from others.

    Attributes
    ----------
    images : np.ndarray
        float32 or float16 [picture, row, column], values in [0, 1], as the network is shown them.
    labels : np.ndarray
        bool, the same shape.
    examples : sequence of sequence of int
        For every picture, which others may be shown when it is asked about; those that have none
        are not asked about.
    oriented : bool
        Whether up and left are the same in all of them, as in patients who lie alike. Then each is
        moved, turned and zoomed a little for itself; else all of a task are turned by quarters and
        mirrored, which leaves lines of a pixel as they are.
    """

    images: np.ndarray
    labels: np.ndarray
    examples: Sequence[Sequence[int]]
    oriented: bool

    def tasks(self, generator: Generator) -> list[Task]:
        """Make four tasks, a fifth of them about pictures without the structure."""
        return _tasks(generator, self)


def adapt(
    engine: Engine,
    sources: Sequence[TaskSource],
    steps: int,
    learning_rate: float,
    step_done: Callable[[], None],
) -> Engine:
    """Adapt a network to tasks of one kind or several.

    Parameters
    ----------
    engine : Engine
        The network; it stays as it is.
    sources : sequence of TaskSource
        From which tasks are made in turn, at least one with something to ask about.
    steps : int
        Gradient steps.
    learning_rate : float
        Of AdamW, at its highest.
    step_done : callable
        Called after each step; may raise to end the work.

    Returns
    -------
    Engine
        The adapted network, on the same device. The same sources give the same one.
    """
    generator = Generator().manual_seed(0)
    network = copy.deepcopy(engine.weights.network).to(engine.device).requires_grad_(True)
    parameters = list(network.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=0.0)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * _share_of_rate(step, steps)
        tasks = sources[step % len(sources)].tasks(generator)
        for parameter, gradient in zip(parameters, _gradients(network, tasks), strict=True):
            parameter.grad = gradient
        nn.utils.clip_grad_norm_(parameters, _GRADIENT_NORM)
        optimizer.step()
        step_done()
    return _engine_like(engine, network)


class AdaptedEngines:
    """What was made of one network last, by what it was adapted to; used from any thread."""

    def __init__(self) -> None:
        self._kept: RecentlyUsed[bytes, Engine] = RecentlyUsed(_KEPT)

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, sets: Sequence[LabelledPictures]) -> Engine | None:
        """Return the network that was adapted to the same pictures, if it is still kept."""
        return self._kept.get(_digest(sets))

    def keep(self, sets: Sequence[LabelledPictures], engine: Engine) -> None:
        """Keep a network, and let go of the one that was not used for longest."""
        self._kept.keep(_digest(sets), engine)


def _digest(sets: Sequence[LabelledPictures]) -> bytes:
    """Name sets of pictures by all that they hold."""
    digest = hashlib.blake2b(digest_size=20)
    for one in sets:
        digest.update(f"{one.images.shape} {list(map(list, one.examples))} ".encode())
        digest.update(np.ascontiguousarray(one.images).data)
        digest.update(np.packbits(one.labels).data)
    return digest.digest()


def _share_of_rate(step: int, steps: int) -> float:
    """Learning rate of a step: a short warm-up, then a cosine down to nothing."""
    return min(1.0, (step + 1) / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))


def _engine_like(engine: Engine, network: UniverSeg) -> Engine:
    """Make an engine of an adapted network."""
    weights = Weights(
        network.cpu().requires_grad_(False), f"{engine.weights.name}, adapted", engine.weights.card
    )
    return Engine(weights, engine.device, engine.precision)


def _gradients(network: UniverSeg, tasks: Sequence[Task]) -> list[Tensor]:
    """Compute the gradients of a step; on a processor every core takes tasks of its own.

    Parameters
    ----------
    network : UniverSeg
        What is adapted.
    tasks : sequence of Task
        Of the step.

    Returns
    -------
    list of Tensor
        In the order of the network's parameters.
    """
    parameters = list(network.parameters())
    device = parameters[0].device

    def of_some(some: Sequence[Task]) -> list[Tensor]:
        guidance = [task.guidance for task in some if task.guidance is not None]
        with torch.enable_grad():
            logits = mixed_logits(
                network,
                torch.stack([task.picture for task in some]).to(device),
                torch.stack([task.examples for task in some]).to(device),
                torch.stack(guidance).to(device) if guidance else None,
            )
            labels = torch.stack([task.label for task in some]).to(device)
            loss = segmentation_loss(logits, labels) * (len(some) / len(tasks))
            return list(
                torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
            )

    if device.type == "cpu":
        gradients = on_cores(of_some, [[task] for task in tasks])
    else:
        gradients = list(map(of_some, _of_one_shape(tasks)))
    return [torch.stack(parts).sum(dim=0) for parts in zip(*gradients, strict=True)]


def _of_one_shape(tasks: Sequence[Task]) -> list[list[Task]]:
    """Divide tasks into such as can be computed together."""
    alike: dict[tuple[torch.Size, bool], list[Task]] = {}
    for task in tasks:
        alike.setdefault((task.examples.shape, task.guidance is None), []).append(task)
    return list(alike.values())


def _tasks(generator: Generator, pictures: LabelledPictures) -> list[Task]:
    asked = [index for index, others in enumerate(pictures.examples) if others]
    shown = [index for index in asked if pictures.labels[index].any()]
    empty = [index for index in asked if not pictures.labels[index].any()]
    count = min(_EXAMPLES, min(len(pictures.examples[index]) for index in asked))
    made = []
    for _ in range(_TASKS):
        is_empty = bool(empty) and (not shown or _draw(generator) < _WITHOUT_STRUCTURE)
        among = empty if is_empty else shown
        index = among[int(_draw(generator) * len(among))]
        others = pictures.examples[index]
        order = torch.randperm(len(others), generator=generator)[:count].tolist()
        chosen = [index, *(others[place] for place in order)]
        pairs = np.stack([pictures.images[chosen], pictures.labels[chosen]], axis=1)
        task = torch.from_numpy(pairs.astype(np.float32))
        if pictures.oriented:
            task = with_whole_labels(moved(generator, task))
        else:
            task = _turned(generator, task)
        made.append(task_of(brightened(generator, task)))
    return made


def task_of(pairs: Tensor, guidance: Tensor | None = None) -> Task:
    """Make a task of pictures and their labels, [picture, 2, row, column], its query first."""
    return Task(pairs[0, :1], pairs[0, 1:], pairs[1:], guidance)


def _turned(generator: Generator, pairs: Tensor) -> Tensor:
    """Turn by quarters and mirror all pictures of a task alike: [picture, 2, row, column].

    What is not square is turned by halves, since all tasks of a step have one shape.
    """
    turns, mirrored = int(_draw(generator) * 4), _draw(generator) < 0.5
    is_square = pairs.shape[-2] == pairs.shape[-1]
    pairs = torch.rot90(pairs, turns if is_square else 2 * (turns // 2), (-2, -1))
    return pairs.flip(-1) if mirrored else pairs


def moved(generator: Generator, maps: Tensor, *, may_be_mirrored: bool = False) -> Tensor:
    """Move, turn and zoom each of several stacks of maps a little for itself.

    Parameters
    ----------
    generator : Generator
        Of the changes.
    maps : Tensor
        float32 [stack, map, row, column]; all maps of a stack are changed alike.
    may_be_mirrored : bool
        Whether every other stack, at random, is mirrored as well.

    Returns
    -------
    Tensor
        The same shape; labels among the maps are to be decided anew by `with_whole_labels`.
    """

    def drawn(most: float) -> Tensor:
        return most * (2 * torch.rand(len(maps), generator=generator) - 1)

    turn, zoom, aspect, right, down = map(drawn, (_TURN, _ZOOM, _ASPECT, _SHIFT, _SHIFT))
    columns, rows = torch.exp(zoom + aspect), torch.exp(zoom - aspect)
    if may_be_mirrored:
        columns = torch.where(drawn(1.0) < 0, columns, -columns)
    places = torch.stack(
        [
            torch.stack([turn.cos() * columns, -turn.sin() * rows, right], dim=1),
            torch.stack([turn.sin() * columns, turn.cos() * rows, down], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(places, list(maps.shape), align_corners=False)
    return functional.grid_sample(maps, grid, padding_mode="border", align_corners=False)


def with_whole_labels(pairs: Tensor) -> Tensor:
    """Decide which pixels belong to moved labels: [picture, 2, row, column]."""
    return torch.stack([pairs[:, 0], (pairs[:, 1] > 0.5).to(pairs.dtype)], dim=1)


def brightened(generator: Generator, pairs: Tensor, *, alike: bool = False) -> Tensor:
    """Change the values of pictures a little.

    Parameters
    ----------
    generator : Generator
        Of the changes.
    pairs : Tensor
        float32 [picture, 2, row, column]: pictures with values in [0, 1], and their labels.
    alike : bool
        Whether all are changed alike, as slices of one series are.

    Returns
    -------
    Tensor
        The same shape.
    """
    changes = 1 if alike else len(pairs)
    exponent, contrast, shift = (
        most * (2 * torch.rand(changes, 1, 1, generator=generator) - 1)
        for most in (_GAMMA, _CONTRAST, _BRIGHTNESS)
    )
    images = pairs[:, 0].clamp(0, 1) ** exponent.exp()
    images = ((images - 0.5) * (1 + contrast) + 0.5 + shift).clamp(0, 1)
    return torch.stack([images, pairs[:, 1]], dim=1)


def _draw(generator: Generator) -> float:
    return float(torch.rand(1, generator=generator))
