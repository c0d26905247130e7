"""The iterations of the random walk, for processors: three passes over memory for each.

`core.proposals.random_walker` says what they solve. PyTorch's operations need some thirty passes
for an iteration. Numba compiles the loops when they are first called and keeps the result on disk.
"""

from collections.abc import Callable

import numba
import numpy as np
from torch import Tensor


def solved_on_processor(
    edges: tuple[Tensor, ...],
    inflow: Tensor,
    start: Tensor,
    iterations: int,
    done: Callable[[], None],
) -> Tensor:
    """Solve one task by conjugate gradients.

    Parameters
    ----------
    edges : tuple of Tensor
        The sum of the conductances of every pixel, float32 [slices, height, width], and those to
        the next slice, [slices − 1, height, width], row, [slices, height − 1, width], and column,
        [slices, height, width − 1].
    inflow, start : Tensor
        What the drawn slices give to every pixel, and where to begin, [slices, height, width].
    iterations : int
        How many.
    done : callable
        Called after each.

    Returns
    -------
    Tensor
        float32 [slices, height, width].
    """
    arrays = [one.contiguous().numpy() for one in edges]
    total = arrays[0]
    found = start.clone().contiguous()
    values, image = found.numpy(), np.empty(start.shape, np.float32)
    _applied(*arrays, values, image)
    rest = inflow.numpy() - image
    direction = np.zeros_like(rest)
    size = _gone(values, rest, direction, image, total, 0.0)
    share = 0.0
    for _ in range(iterations):
        _turn(direction, rest, total, share)
        slope = _applied(*arrays, direction, image)
        now = _gone(values, rest, direction, image, total, size / slope if slope > 0 else 0.0)
        share, size = now / size if size > 0 else 0.0, now
        done()
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _applied(
    total: np.ndarray,
    within: np.ndarray,
    down: np.ndarray,
    right: np.ndarray,
    direction: np.ndarray,
    image: np.ndarray,
) -> np.float64:
    """Apply the matrix to a direction, and give the inner product of both."""
    slices, height, width = total.shape
    product = np.float64(0)
    for z in range(slices):
        for y in range(height):
            here, result = direction[z, y], image[z, y]
            for x in range(width):
                result[x] = total[z, y, x] * here[x]
            if z:
                for x in range(width):
                    result[x] -= within[z - 1, y, x] * direction[z - 1, y, x]
            if z + 1 < slices:
                for x in range(width):
                    result[x] -= within[z, y, x] * direction[z + 1, y, x]
            if y:
                for x in range(width):
                    result[x] -= down[z, y - 1, x] * direction[z, y - 1, x]
            if y + 1 < height:
                for x in range(width):
                    result[x] -= down[z, y, x] * direction[z, y + 1, x]
            for x in range(width - 1):
                result[x + 1] -= right[z, y, x] * here[x]
            for x in range(width - 1):
                result[x] -= right[z, y, x] * here[x + 1]
            row = np.float32(0)
            for x in range(width):
                row += result[x] * here[x]
            product += row
    return product


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _gone(
    values: np.ndarray,
    rest: np.ndarray,
    direction: np.ndarray,
    image: np.ndarray,
    total: np.ndarray,
    amount: float,
) -> np.float64:
    """Go along a direction, and give the inner product of the rest with the scaled rest."""
    size = np.float64(0)
    along = np.float32(amount)
    for z in range(values.shape[0]):
        for y in range(values.shape[1]):
            row = np.float32(0)
            for x in range(values.shape[2]):
                values[z, y, x] += along * direction[z, y, x]
                left = rest[z, y, x] - along * image[z, y, x]
                rest[z, y, x] = left
                row += left * left / total[z, y, x]
            size += row
    return size


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _turn(direction: np.ndarray, rest: np.ndarray, total: np.ndarray, share: float) -> None:
    """Choose the next direction: the scaled rest, and a share of the direction before."""
    kept = np.float32(share)
    for z in range(direction.shape[0]):
        for y in range(direction.shape[1]):
            for x in range(direction.shape[2]):
                direction[z, y, x] = rest[z, y, x] / total[z, y, x] + kept * direction[z, y, x]
