"""The gradients of a step are those of its batches, however they are computed."""

from functools import partial

import torch
from torch import Generator

from core.network.definition import UniverSeg
from core.network.guidance import GUIDANCE_CHANNELS
from core.training.gradients import Seconds, batch_loss, gradient_source
from core.training.mixing import recipe_batches
from core.training.plan import plan_step
from tests.training.test_loop import CPU, SMALL


def test_gradients_are_the_mean_over_the_batches_and_time_is_counted() -> None:
    torch.manual_seed(1)
    network = UniverSeg(8, GUIDANCE_CHANNELS)
    make, seconds = recipe_batches(SMALL, CPU), Seconds()
    threads = torch.get_num_threads()
    with gradient_source(network, make, partial(plan_step, SMALL), CPU, seconds) as gradients_of:
        found = gradients_of(3)
    assert torch.get_num_threads() == threads
    plans = plan_step(SMALL, 3)
    losses = [batch_loss(network, make(Generator().manual_seed(plan.seed), plan)) for plan in plans]
    expected = torch.autograd.grad(
        torch.stack(losses).mean(),
        list(network.parameters()),
        allow_unused=True,
        materialize_grads=True,
    )
    for one, other in zip(found.gradients, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-3)
    assert found.tasks == sum(plan.tasks for plan in plans)
    assert abs(sum(seconds.shares().values()) - 1) < 1e-6
    assert min(seconds.making, seconds.forward, seconds.backward) > 0
