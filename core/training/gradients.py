"""The gradients of a step: batches are made and differentiated, side by side where that helps."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Generator, Tensor

from core.network.definition import UniverSeg
from core.network.differentiable import mixed_logits
from core.network.loss import segmentation_loss
from core.training.plan import BatchPlan
from core.training.tasks import Batch

MakeBatch = Callable[[Generator, BatchPlan], Batch]
"""Makes the batch of a plan."""


@dataclass
class Seconds:
    """Time spent on the parts of steps.

    Attributes
    ----------
    making, forward, backward : float
        Seconds; what runs side by side counts in full.
    """

    making: float = 0.0
    forward: float = 0.0
    backward: float = 0.0

    def shares(self) -> dict[str, float]:
        """Share of every part in their sum."""
        total = max(self.making + self.forward + self.backward, 1e-9)
        return {name: value / total for name, value in vars(self).items()}


@dataclass(frozen=True, eq=False)
class StepGradients:
    """Gradients of a step.

    Attributes
    ----------
    gradients : list of Tensor
        In the order of the network's parameters.
    loss : float
        Mean over the batches.
    tasks : int
        How many tasks the batches held.
    """

    gradients: list[Tensor]
    loss: float
    tasks: int


GradientsOf = Callable[[int], StepGradients]
"""Gives the gradients of a step by its number; steps come in their order."""


@contextmanager
def gradient_source(
    network: UniverSeg,
    make: MakeBatch,
    plans: Callable[[int], list[BatchPlan]],
    device: torch.device,
    seconds: Seconds,
) -> Iterator[GradientsOf]:
    """Prepare to compute the gradients of steps.

    On a processor every core makes and differentiates a batch of its own: this is faster than
    sharing every operation among the cores, and another program that takes one core for a while
    does not hold up the other. On a graphics card the next step's batches are made while those of
    the present one are differentiated.

    Parameters
    ----------
    network : UniverSeg
        What is trained.
    make : callable
        Makes batches.
    plans : callable
        Which batches a step takes.
    device : torch.device
        Where the network is.
    seconds : Seconds
        Time is added to it.

    Yields
    ------
    callable
        Computes the gradients of a step.
    """
    threads = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(1)
        with ThreadPoolExecutor(threads) as pool:
            try:
                yield lambda step: _on_cores(network, make, plans(step), seconds, pool)
            finally:
                torch.set_num_threads(threads)
    else:
        with ThreadPoolExecutor(1) as pool:
            ahead = _MadeAhead(make, plans, device, pool)
            yield lambda step: _on_card(network, ahead.of(step), seconds)


def _on_cores(
    network: UniverSeg,
    make: MakeBatch,
    planned: Sequence[BatchPlan],
    seconds: Seconds,
    pool: ThreadPoolExecutor,
) -> StepGradients:
    """Compute the gradients of a step, one batch per core at a time."""

    def computed(plan: BatchPlan) -> tuple[list[Tensor], Tensor, tuple[float, ...]]:
        times = [time.monotonic()]
        batch = make(Generator().manual_seed(plan.seed), plan)
        times.append(time.monotonic())
        loss = batch_loss(network, batch) / len(planned)
        times.append(time.monotonic())
        gradients = _gradients(network, loss)
        times.append(time.monotonic())
        return gradients, loss.detach(), tuple(times)

    results = list(pool.map(computed, planned))
    for _, _, (start, made, forward, backward) in results:
        seconds.making += made - start
        seconds.forward += forward - made
        seconds.backward += backward - forward
    return StepGradients(
        [
            torch.stack(parts).sum(dim=0)
            for parts in zip(*(own for own, _, _ in results), strict=True)
        ],
        sum(float(loss) for _, loss, _ in results),
        sum(plan.tasks for plan in planned),
    )


class _MadeAhead:
    """Batches that are made on a stream of their own while others are in use.

    Parameters
    ----------
    make, plans : callable
        As `gradient_source` takes them.
    device : torch.device
        A graphics card.
    pool : ThreadPoolExecutor
        Of one thread.
    """

    def __init__(
        self,
        make: MakeBatch,
        plans: Callable[[int], list[BatchPlan]],
        device: torch.device,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._make, self._plans, self._device, self._pool = make, plans, device, pool
        self._stream = torch.cuda.Stream(device)
        self._next: tuple[int, Future[_Made]] | None = None

    def of(self, step: int) -> "_Made":
        """Give the batches of a step, and begin with those of the next."""
        if self._next is None or self._next[0] != step:
            self._next = step, self._pool.submit(self._made, step)
        made = self._next[1].result()
        self._next = step + 1, self._pool.submit(self._made, step + 1)
        torch.cuda.current_stream(self._device).wait_event(made.end)
        for batch in made.batches:
            batch.used_on(torch.cuda.current_stream(self._device))
        return made

    def _made(self, step: int) -> "_Made":
        begin, end = _event(), _event()
        with torch.cuda.stream(self._stream):
            begin.record()
            batches = [
                self._make(Generator(self._device).manual_seed(plan.seed), plan)
                for plan in self._plans(step)
            ]
            end.record()
        return _Made(batches, begin, end)


@dataclass(frozen=True, eq=False)
class _Made:
    batches: list[Batch]
    begin: torch.cuda.Event
    end: torch.cuda.Event


def _on_card(network: UniverSeg, made: _Made, seconds: Seconds) -> StepGradients:
    """Compute the gradients of a step on a graphics card, batch after batch."""
    losses: list[Tensor] = []
    gradients: list[Tensor] = []
    events = [_event()]
    events[0].record()
    for batch in made.batches:
        loss = batch_loss(network, batch) / len(made.batches)
        events.append(_event())
        events[-1].record()
        own = _gradients(network, loss)
        if gradients:
            gradients = [total + part for total, part in zip(gradients, own, strict=True)]
        else:
            gradients = own
        losses.append(loss.detach())
        events.append(_event())
        events[-1].record()
    total = float(torch.stack(losses).sum())  # waits until everything is done
    events[-1].synchronize()
    seconds.making += made.begin.elapsed_time(made.end) / 1000
    for number, (first, last) in enumerate(pairwise(events)):
        elapsed = first.elapsed_time(last) / 1000
        if number % 2:
            seconds.backward += elapsed
        else:
            seconds.forward += elapsed
    return StepGradients(gradients, total, sum(len(batch.query) for batch in made.batches))


def _event() -> torch.cuda.Event:
    return torch.cuda.Event(enable_timing=True)


def batch_loss(network: UniverSeg, batch: Batch) -> Tensor:
    """Compute a batch's loss; logits as `mixed_logits` has them.

    Parameters
    ----------
    network : UniverSeg
        What is trained; may be used by several threads at once.
    batch : Batch
        The tasks, on the network's device.

    Returns
    -------
    Tensor
        Scalar.
    """
    logits = mixed_logits(network, batch.query, batch.support, batch.guidance)
    return segmentation_loss(logits, batch.label)


def batch_gradients(network: UniverSeg, batch: Batch) -> list[Tensor]:
    """Compute the gradients of a batch's loss in the order of the network's parameters."""
    return _gradients(network, batch_loss(network, batch))


def _gradients(network: UniverSeg, loss: Tensor) -> list[Tensor]:
    return list(
        torch.autograd.grad(
            loss, list(network.parameters()), allow_unused=True, materialize_grads=True
        )
    )
