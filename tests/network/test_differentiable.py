"""The network with gradients computes what the plain definition does, gradients included."""

import pytest
import torch

from core.network.definition import UniverSeg
from core.network.differentiable import rearranged_forward


@pytest.mark.parametrize(
    ("examples", "side", "guided"), [(1, 16, False), (5, 24, True), (9, 8, True)]
)
def test_values_and_gradients_are_those_of_the_definition(
    examples: int, side: int, guided: bool
) -> None:
    torch.manual_seed(examples)
    network = UniverSeg(6, 4).double()
    torch.nn.init.normal_(network.guidance_conv.weight)
    query = torch.rand(3, 1, side, side).double()
    support = torch.rand(3, examples, 2, side, side).double()
    guidance = torch.rand(3, 4, side, side).double() if guided else None

    plain = network(query, support[:, :, :1], support[:, :, 1:], guidance)
    plain.square().sum().backward()
    expected = {
        name: None if value.grad is None else value.grad.clone()
        for name, value in network.named_parameters()
    }
    network.zero_grad()
    fast = rearranged_forward(network, query, support, guidance)
    fast.square().sum().backward()

    torch.testing.assert_close(fast, plain)
    for name, value in network.named_parameters():
        if expected[name] is None:
            assert value.grad is None, name
        else:
            torch.testing.assert_close(value.grad, expected[name], msg=name)
