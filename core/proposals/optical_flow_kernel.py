"""The iterations of the optical flow, for processors: one pass over memory for each step.

`core.proposals.optical_flow` says what they compute. At these sizes a processor spends its time on
passing over memory in PyTorch's operations, hundreds for each pair of pictures; compiled loops need
a third of it (2.4 instead of 6.4 ms for a flow of 64 × 64 on one core of an AMD EPYC with AVX2).
Numba compiles them when they are first called and keeps the result on disk.
"""

import numba
import numpy as np
import torch
from torch import Tensor


def refined_on_processor(
    flow: Tensor,
    picture: Tensor,
    other: Tensor,
    steps: tuple[int, int, int],
    weights: tuple[float, float, float],
) -> Tensor:
    """Improve flows on one level of the pyramid.

    Parameters
    ----------
    flow : Tensor
        float32 [n, 2, height, width]; left as it is.
    picture, other : Tensor
        float32 [n, height, width].
    steps : tuple of int
        How often the other picture is warped, and for each time the flow is matched, and for each
        time it is smoothed.
    weights : tuple of float
        Attachment, tightness and time step of the dual ascent.

    Returns
    -------
    Tensor
        float32 [n, 2, height, width].
    """
    found = flow.detach().clone(memory_format=torch.contiguous_format).numpy()
    pictures, others = (np.ascontiguousarray(one.detach().numpy()) for one in (picture, other))
    _refine_pairs(found, pictures, others, np.array(steps), np.array(weights, dtype=np.float32))
    return torch.from_numpy(found)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _refine_pairs(
    flows: np.ndarray,
    pictures: np.ndarray,
    others: np.ndarray,
    steps: np.ndarray,
    weights: np.ndarray,
) -> None:
    pairs, _, height, width = flows.shape
    moved = np.empty((height, width), np.float32)
    gradient = np.empty((2, height, width), np.float32)
    steepness = np.empty((height, width), np.float32)
    difference = np.empty((height, width), np.float32)
    matched = np.empty((2, height, width), np.float32)
    # A row above and a column to the left hold zeros, so that no loop has to ask for the border.
    dual = np.zeros((2, 2, height + 1, width + 1), np.float32)
    for pair in range(pairs):
        flow = flows[pair]
        dual[:] = 0
        for _ in range(steps[0]):
            _warp(others[pair], flow, moved)
            _linearise(moved, pictures[pair], flow, gradient, steepness, difference)
            for _ in range(steps[1]):
                _match(flow, gradient, steepness, difference, weights[0] * weights[1], matched)
                for _ in range(steps[2]):
                    for part in range(2):
                        _ascend(flow[part], dual[part], weights[2], weights[2] / weights[1])
                        _smooth(matched[part], dual[part], flow[part])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _warp(picture: np.ndarray, flow: np.ndarray, moved: np.ndarray) -> None:
    """Take a picture from where the flow points; outside, from its edge."""
    height, width = picture.shape
    for y in range(height):
        for x in range(width):
            row = min(max(np.float32(y) + flow[0, y, x], np.float32(0)), np.float32(height - 1))
            column = min(max(np.float32(x) + flow[1, y, x], np.float32(0)), np.float32(width - 1))
            top, left = int(row), int(column)
            below, right = min(top + 1, height - 1), min(left + 1, width - 1)
            down, along = row - np.float32(top), column - np.float32(left)
            upper = picture[top, left] + along * (picture[top, right] - picture[top, left])
            lower = picture[below, left] + along * (picture[below, right] - picture[below, left])
            moved[y, x] = upper + down * (lower - upper)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _linearise(
    moved: np.ndarray,
    picture: np.ndarray,
    flow: np.ndarray,
    gradient: np.ndarray,
    steepness: np.ndarray,
    difference: np.ndarray,
) -> None:
    """Find how the warped picture differs, and how that changes with the flow."""
    height, width = moved.shape
    for y in range(height):
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        rows = np.float32(max(below - above, 1))
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            columns = np.float32(max(right - left, 1))
            down = (moved[below, x] - moved[above, x]) / rows
            along = (moved[y, right] - moved[y, left]) / columns
            gradient[0, y, x], gradient[1, y, x] = down, along
            square = down * down + along * along
            steepness[y, x] = np.float32(1) if square == 0 else square
            expected = down * flow[0, y, x] + along * flow[1, y, x]
            difference[y, x] = moved[y, x] - picture[y, x] - expected


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _match(
    flow: np.ndarray,
    gradient: np.ndarray,
    steepness: np.ndarray,
    difference: np.ndarray,
    bound: np.float32,
    matched: np.ndarray,
) -> None:
    """Change a flow so that it matches the pictures; it starts as smooth as it is matched."""
    height, width = difference.shape
    for y in range(height):
        for x in range(width):
            down, along = gradient[0, y, x], gradient[1, y, x]
            rest = difference[y, x] + down * flow[0, y, x] + along * flow[1, y, x]
            step = min(max(rest / steepness[y, x], -bound), bound)
            matched[0, y, x] = flow[0, y, x] - step * down
            matched[1, y, x] = flow[1, y, x] - step * along
            flow[0, y, x], flow[1, y, x] = matched[0, y, x], matched[1, y, x]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _ascend(flow: np.ndarray, dual: np.ndarray, time: np.float32, slowing: np.float32) -> None:
    """Move the dual of one component against the slope of the flow."""
    height, width = flow.shape
    for y in range(height):
        rows = flow[min(y + 1, height - 1)]
        here = flow[y]
        first, second = dual[0, y + 1], dual[1, y + 1]
        for x in range(width - 1):
            down, along = rows[x] - here[x], here[x + 1] - here[x]
            share = np.float32(1) / (np.float32(1) + slowing * np.sqrt(down * down + along * along))
            first[x + 1] = (first[x + 1] - time * down) * share
            second[x + 1] = (second[x + 1] - time * along) * share
        down = rows[width - 1] - here[width - 1]
        share = np.float32(1) / (np.float32(1) + slowing * abs(down))
        first[width] = (first[width] - time * down) * share
        second[width] = second[width] * share


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _smooth(matched: np.ndarray, dual: np.ndarray, flow: np.ndarray) -> None:
    """Take the divergence of the dual away from the matched component."""
    height, width = flow.shape
    for y in range(height):
        for x in range(width):
            inner = dual[0, y + 1, x + 1] + dual[1, y + 1, x + 1]
            flow[y, x] = matched[y, x] - (inner - dual[0, y, x + 1] - dual[1, y + 1, x])
