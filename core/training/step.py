"""One optimiser step: its learning rate, the clipped gradients, and the moving average."""

import math

import torch
from torch import nn

from core.training.checkpoint import TrainingState
from core.training.gradients import GradientsOf
from core.training.settings import TrainingSettings


def optimise(
    settings: TrainingSettings, state: TrainingState, gradients_of: GradientsOf, share: float
) -> float:
    """Do one optimiser step.

    Parameters
    ----------
    settings : TrainingSettings
        The recipe.
    state : TrainingState
        Changed in place.
    gradients_of : callable
        From `core.training.gradients.gradient_source`.
    share : float
        Share of the run that is done, in [0, 1].

    Returns
    -------
    float
        The loss.
    """
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(settings, state.step, share)
    found = gradients_of(state.step)
    parameters = list(state.network.parameters())
    for parameter, gradient in zip(parameters, found.gradients, strict=True):
        parameter.grad = gradient
    nn.utils.clip_grad_norm_(parameters, settings.gradient_norm)
    state.optimizer.step()
    state.optimizer.zero_grad()
    state.tasks += found.tasks
    state.step += 1
    _follow(state, settings.average_decay)
    return found.loss


def learning_rate(settings: TrainingSettings, step: int, share: float) -> float:
    """Learning rate of a step: a linear warm-up, then a cosine down to the final rate.

    Parameters
    ----------
    settings : TrainingSettings
        The recipe.
    step : int
        Number of the step, from 0; the warm-up is counted in steps.
    share : float
        Share of the run that is done, in [0, 1], by steps or by time.

    Returns
    -------
    float
        The rate.
    """
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    fall = 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
    final = settings.final_learning_rate
    return final + (settings.learning_rate - final) * fall


def _follow(state: TrainingState, decay: float) -> None:
    """Move the average towards the weights, faster in the first steps."""
    decay = min(decay, (1 + state.step) / (10 + state.step))
    with torch.no_grad():
        torch._foreach_lerp_(
            list(state.average.parameters()), list(state.network.parameters()), 1 - decay
        )
