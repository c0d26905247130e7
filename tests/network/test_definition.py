"""The plain definition is the published network, and guidance adds nothing until learnt."""

from typing import Any

import pytest
import torch

from core.network.definition import UniverSeg

PUBLISHED_PARAMETERS = 1_182_785


def published_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the published checkpoint: 64 features, four blocks down, three up."""
    shapes: dict[str, tuple[int, ...]] = {}
    blocks = [("enc_blocks.0", 3)] + [(f"enc_blocks.{i}", 128) for i in (1, 2, 3)]
    blocks += [(f"dec_blocks.{i}", 256) for i in range(3)]
    for block, channels in blocks:
        shapes[f"{block}.cross.cross_conv.weight"] = (64, channels, 3, 3)
        shapes[f"{block}.cross.cross_conv.bias"] = (64,)
        for branch in ("target", "support"):
            shapes[f"{block}.{branch}.vmapped.conv.weight"] = (64, 64, 3, 3)
            shapes[f"{block}.{branch}.vmapped.conv.bias"] = (64,)
    return shapes | {"out_conv.conv.weight": (1, 64, 1, 1), "out_conv.conv.bias": (1,)}


def test_names_and_shapes_are_those_of_the_published_checkpoint() -> None:
    state = UniverSeg().state_dict()
    assert {name: tuple(values.shape) for name, values in state.items()} == published_shapes()
    assert sum(values.numel() for values in state.values()) == PUBLISHED_PARAMETERS


@torch.inference_mode()
def test_guidance_with_zero_weights_gives_the_published_network_to_the_last_bit() -> None:
    torch.manual_seed(1)
    published, guided = UniverSeg(16), UniverSeg(16, guidance_channels=4)
    missing, unexpected = guided.load_state_dict(published.state_dict(), strict=False)
    assert (missing, unexpected) == (["guidance_conv.weight"], [])
    query, images = torch.rand(2, 1, 32, 24), torch.rand(2, 3, 1, 32, 24)
    labels = (torch.rand(2, 3, 1, 32, 24) > 0.5).float()
    without = published(query, images, labels)
    for guidance in (None, torch.rand(2, 4, 32, 24)):
        assert torch.equal(guided(query, images, labels, guidance), without)


@torch.inference_mode()
def test_the_order_of_the_examples_does_not_matter() -> None:
    torch.manual_seed(2)
    network = UniverSeg(8).double()
    query, images = torch.rand(1, 1, 16, 16).double(), torch.rand(1, 5, 1, 16, 16).double()
    labels = (images > 0.6).double()
    turned = network(query, images.flip(1), labels.flip(1))
    torch.testing.assert_close(turned, network(query, images, labels))


@torch.inference_mode()
def test_a_block_averages_the_interactions_for_the_query_and_keeps_them_for_the_examples() -> None:
    torch.manual_seed(3)
    block: Any = UniverSeg(8).enc_blocks[0]  # PyTorch types the parts of modules as any module
    query, support = torch.rand(1, 1, 8, 8), torch.rand(1, 2, 2, 8, 8)
    interactions = [
        block.cross.cross_conv(torch.cat([query, support[:, i]], dim=1)) for i in range(2)
    ]
    leaky = torch.nn.LeakyReLU(0.01)
    of_query, of_support = block(query, support)
    mean = (interactions[0] + interactions[1]) / 2
    torch.testing.assert_close(of_query, leaky(block.target.vmapped.conv(mean)))
    for i, interaction in enumerate(interactions):
        torch.testing.assert_close(of_support[:, i], leaky(block.support.vmapped.conv(interaction)))


def test_guidance_for_a_network_without_guidance_channels_is_an_error() -> None:
    pictures = torch.rand(1, 1, 1, 8, 8)
    with pytest.raises(ValueError, match=r"guidance: got shape \(1, 4, 8, 8\)"):
        UniverSeg(8)(torch.rand(1, 1, 8, 8), pictures, pictures, torch.rand(1, 4, 8, 8))
