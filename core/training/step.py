"""One optimiser step: which batches it takes, their gradients, and the moving average."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from core.network.definition import UniverSeg
from core.network.processor import mixed_precision
from core.training.checkpoint import TrainingState
from core.training.forward import rearranged_forward
from core.training.loss import segmentation_loss
from core.training.mixing import MakeBatch
from core.training.settings import TrainingSettings
from core.training.tasks import Batch


def optimise(
    settings: TrainingSettings,
    state: TrainingState,
    make: MakeBatch,
    device: torch.device,
    pool: ThreadPoolExecutor,
) -> float:
    """Do one optimiser step.

    Parameters
    ----------
    settings : TrainingSettings
        The recipe.
    state : TrainingState
        Changed in place.
    make : callable
        Makes a batch from (generator, tasks, examples, side).
    device : torch.device
        Where the network is.
    pool : ThreadPoolExecutor
        From `batch_threads`.

    Returns
    -------
    float
        The loss.
    """
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(settings, state.step)
    # Everything random is decided before the work is shared out, so that a run does not depend on
    # which thread is faster.
    planned = [plan_batch(settings, state.generator) for _ in range(settings.batches_per_step)]

    def gradients(plan: BatchPlan) -> tuple[tuple[Tensor, ...], float]:
        generator = Generator(device)
        generator.manual_seed(plan.seed)
        batch = make(generator, plan.tasks, plan.examples, plan.side)
        return batch_gradients(state.network, batch, 1 / settings.batches_per_step)

    results = list(pool.map(gradients, planned))
    for index, parameter in enumerate(state.network.parameters()):
        parameter.grad = torch.stack([found[index] for found, _ in results]).sum(dim=0)
    total = sum(loss for _, loss in results)
    state.tasks += sum(plan.tasks for plan in planned)
    nn.utils.clip_grad_norm_(state.network.parameters(), settings.gradient_norm)
    state.optimizer.step()
    state.optimizer.zero_grad()
    state.step += 1
    _follow(state, settings.average_decay)
    return total


def _follow(state: TrainingState, decay: float) -> None:
    """Move the average towards the weights, faster in the first steps."""
    decay = min(decay, (1 + state.step) / (10 + state.step))
    with torch.no_grad():
        for averaged, current in zip(
            state.average.parameters(), state.network.parameters(), strict=True
        ):
            averaged.lerp_(current, 1 - decay)


@dataclass(frozen=True)
class BatchPlan:
    """Size and seed of a batch that is still to be made."""

    tasks: int
    examples: int
    side: int
    seed: int


def plan_batch(settings: TrainingSettings, generator: Generator) -> BatchPlan:
    """Draw what the next batch is to be."""
    side = _drawn(generator, settings.sides, settings.side_weights)
    examples = _drawn(generator, settings.support_sizes, settings.support_weights)
    tasks = max(1, round(settings.pixels_per_batch / ((examples + 4) * side * side)))
    seed = int(torch.randint(2**62, (1,), generator=generator, device=generator.device))
    return BatchPlan(tasks, examples, side, seed)


def _drawn(generator: Generator, values: tuple[int, ...], weights: tuple[float, ...]) -> int:
    """Draw one of the values by its weight."""
    chances = torch.tensor(weights, device=generator.device)
    return values[int(torch.multinomial(chances, 1, generator=generator))]


def batch_gradients(
    network: UniverSeg, batch: Batch, share: float = 1.0
) -> tuple[tuple[Tensor, ...], float]:
    """Compute a batch's loss and its gradients, in bfloat16 where that is faster.

    Parameters
    ----------
    network : UniverSeg
        What is trained; may be used by several threads at once.
    batch : Batch
        The tasks, on the network's device.
    share : float
        What the loss is multiplied with: the batch's share of a step.

    Returns
    -------
    tuple
        Gradients in the order of the network's parameters, and the loss.
    """
    with mixed_precision(batch.query.device):
        logits = rearranged_forward(network, batch.query, batch.support, batch.guidance)
    loss = segmentation_loss(logits.float(), batch.label) * share
    found = torch.autograd.grad(
        loss, list(network.parameters()), allow_unused=True, materialize_grads=True
    )
    return found, float(loss.detach())


def learning_rate(settings: TrainingSettings, step: int) -> float:
    """Learning rate of a step: a linear warm-up, then a cosine down to the final rate."""
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    share = (step - settings.warmup_steps) / max(1, settings.steps - settings.warmup_steps)
    fall = 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
    final = settings.final_learning_rate
    return final + (settings.learning_rate - final) * fall


@contextmanager
def batch_threads(device: torch.device) -> Iterator[ThreadPoolExecutor]:
    """Give threads that each compute a batch on a core of their own, or one thread for a GPU.

    On a CPU this is faster than sharing every operation among the cores, and another program that
    takes one core for a while does not hold up the other.
    """
    threads = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads if device.type == "cpu" else 1) as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)
