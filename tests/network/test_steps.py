"""The steps between the convolutions agree with PyTorch's own functions, in both ways."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.network.kernels import COMPILED
from core.network.steps import PORTABLE, Steps

BOTH = pytest.mark.parametrize("steps", [PORTABLE, COMPILED], ids=lambda steps: steps.name)
PRECISIONS = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)


def assert_rounded(found: Tensor, exact: Tensor) -> None:
    """Equal to what was computed in float32 and then stored, up to one rounding."""
    tolerance = 1e-6 if found.dtype == torch.float32 else 2**-8
    torch.testing.assert_close(found.float(), exact, rtol=tolerance, atol=tolerance / 4)


def random(*shape: int, dtype: torch.dtype) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(6)).to(dtype)


@BOTH
@PRECISIONS
def test_pooling_takes_the_largest_of_every_square(steps: Steps, dtype: torch.dtype) -> None:
    maps, pooled = random(3, 6, 10, 5, dtype=dtype), torch.empty(3, 3, 5, 5, dtype=dtype)
    steps.pool(maps, pooled)
    expected = functional.max_pool2d(maps.float().permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
    assert torch.equal(pooled.float(), expected)


@BOTH
@PRECISIONS
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (16, 8), (9, 20)], ids=str)
@pytest.mark.parametrize("others", [0, 4], ids=["alone", "among other channels"])
def test_upsampling_is_bilinear_with_aligned_corners(
    steps: Steps, dtype: torch.dtype, size: tuple[int, int], others: int
) -> None:
    maps = random(2, *size, 7, dtype=dtype)
    joined = torch.full((2, 2 * size[0], 2 * size[1], others + 7 + others), 3.0, dtype=dtype)
    steps.upsample(maps, joined, others)
    expected = functional.interpolate(
        maps.float().permute(0, 3, 1, 2), scale_factor=2, mode="bilinear", align_corners=True
    )
    assert_rounded(joined[..., others : others + 7], expected.permute(0, 2, 3, 1))
    assert (joined[..., :others] == 3).all()
    assert (joined[..., others + 7 :] == 3).all()


@BOTH
@PRECISIONS
def test_the_mean_of_pairs_is_gathered_in_float32_over_several_calls(
    steps: Steps, dtype: torch.dtype
) -> None:
    maps = random(7, 9, 11, 32, dtype=dtype)
    total = torch.full((9, 11, 32), torch.nan)
    mean = torch.full((9, 11, 32), torch.nan, dtype=dtype)
    steps.average(maps[:5], total, mean, True, 0)
    assert mean.isnan().all()
    steps.average(maps[5:], total, mean, False, 7)
    tolerance = 1e-5 if dtype == torch.float32 else 0.02
    torch.testing.assert_close(mean.float(), maps.float().mean(0), rtol=tolerance, atol=tolerance)
    if dtype == torch.float32 or steps is COMPILED:
        torch.testing.assert_close(total, maps.float().sum(dim=0), rtol=1e-5, atol=1e-5)


@BOTH
@PRECISIONS
def test_the_first_block_adds_activates_pools_and_averages(
    steps: Steps, dtype: torch.dtype
) -> None:
    terms = random(5, 4, 9, 8, 32, dtype=dtype)
    shared = random(4, 9, 8, 32, dtype=dtype) / 2
    total = torch.full(shared.shape, torch.nan)
    mean = torch.empty_like(shared)
    pooled = torch.empty(5, 9, 8, 32, dtype=dtype)
    steps.first_block(list(terms[:2]), shared, pooled[:2], total, mean, True, 0)
    steps.first_block(list(terms[2:]), shared, pooled[2:], total, mean, False, 5)
    maps = functional.leaky_relu(terms.float() + shared.float(), 0.01)
    assert_rounded(mean, maps.mean(dim=0))
    assert_rounded(pooled, maps.amax(dim=1))


def test_compiled_steps_refuse_maps_that_are_scattered_in_memory() -> None:
    scattered = random(1, 4, 4, 8, dtype=torch.float32).transpose(1, 2)
    with pytest.raises(ValueError, match="expected contiguous memory"):
        COMPILED.pool(scattered, torch.empty(1, 2, 2, 8))
