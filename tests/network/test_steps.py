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
    maps = random(3, 6, 10, 5, dtype=dtype)
    expected = functional.max_pool2d(maps.float().permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
    assert torch.equal(steps.pool(maps).float(), expected)


@BOTH
@PRECISIONS
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (16, 8)], ids=str)
def test_upsampling_is_bilinear_with_aligned_corners(
    steps: Steps, dtype: torch.dtype, size: tuple[int, int]
) -> None:
    maps = random(2, *size, 7, dtype=dtype)
    expected = functional.interpolate(
        maps.float().permute(0, 3, 1, 2), scale_factor=2, mode="bilinear", align_corners=True
    )
    assert_rounded(steps.upsample(maps), expected.permute(0, 2, 3, 1))


@BOTH
@PRECISIONS
def test_sums_are_gathered_in_float32_over_several_calls(steps: Steps, dtype: torch.dtype) -> None:
    maps = random(7, 9, 11, 32, dtype=dtype)
    total = torch.full((9, 11, 32), torch.nan)
    steps.add_sum(maps[:5].contiguous(), total, True)
    steps.add_sum(maps[5:].contiguous(), total, False)
    tolerance = 1e-5 if dtype == torch.float32 or steps is COMPILED else 0.05
    torch.testing.assert_close(total, maps.float().sum(dim=0), rtol=tolerance, atol=tolerance)


@BOTH
@PRECISIONS
def test_the_first_block_adds_activates_sums_and_pools(steps: Steps, dtype: torch.dtype) -> None:
    terms = random(5, 4, 9, 8, 32, dtype=dtype)
    shared = random(4, 9, 8, 32, dtype=torch.float32)
    total = torch.full_like(shared, torch.nan)
    pooled = torch.empty(5, 9, 8, 32, dtype=dtype)
    steps.add_first_block(list(terms[:2]), shared, total, pooled[:2], True)
    steps.add_first_block(list(terms[2:]), shared, total, pooled[2:], False)
    maps = functional.leaky_relu(terms.float() + shared, 0.01)
    torch.testing.assert_close(total, maps.sum(dim=0), rtol=1e-5, atol=1e-5)
    assert_rounded(pooled, maps.amax(dim=1))


def test_compiled_steps_refuse_maps_that_are_scattered_in_memory() -> None:
    scattered = random(1, 4, 4, 8, dtype=torch.float32).transpose(1, 2)
    with pytest.raises(ValueError, match="expected contiguous memory"):
        COMPILED.pool(scattered)
