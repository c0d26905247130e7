"""Checks of what the engine is given, once, at its boundary.

Every message quotes the argument, its shape or values, and what was expected.
"""

import numpy as np
import torch
from torch import Tensor

from core.network.definition import SIDE_MULTIPLE


def checked_pictures(name: str, values: np.ndarray) -> Tensor:
    """Check images or labels.

    Parameters
    ----------
    name : str
        The argument's name, for messages.
    values : ndarray
        [n, height, width], bool or numbers in [0, 1]; sides divisible by 8.

    Returns
    -------
    Tensor
        float32, the same shape.

    Raises
    ------
    ValueError
        If the shape or a value is not as expected.
    """
    pictures = _as_numbers(name, values)
    if pictures.ndim != 3 or 0 in pictures.shape:
        raise ValueError(
            f"{name}: got shape {tuple(pictures.shape)}; expected [n, height, width], all above 0"
        )
    if pictures.shape[1] % SIDE_MULTIPLE or pictures.shape[2] % SIDE_MULTIPLE:
        raise ValueError(
            f"{name}: got shape {tuple(pictures.shape)}; expected a height and a width divisible "
            f"by {SIDE_MULTIPLE}"
        )
    _require_range(name, pictures, 0.0, 1.0)
    return pictures


def checked_guidance(
    values: np.ndarray, queries: Tensor, guidance_channels: int, name: str = "guidance"
) -> Tensor:
    """Check guidance against the queries it belongs to.

    Parameters
    ----------
    values : ndarray
        [queries, guidance_channels, height, width], numbers in [−1, 1].
    queries : Tensor
        [queries, height, width].
    guidance_channels : int
        Channels that the network takes.
    name : str
        The argument's name, for messages.

    Returns
    -------
    Tensor
        float32, the same shape.

    Raises
    ------
    ValueError
        If the shape or a value is not as expected.
    """
    guidance = _as_numbers(name, values)
    if not guidance_channels:
        raise ValueError(
            f"{name}: got shape {tuple(guidance.shape)}, but these weights take no guidance; "
            "expected None"
        )
    expected = (queries.shape[0], guidance_channels, *queries.shape[1:])
    if tuple(guidance.shape) != expected:
        raise ValueError(f"{name}: got shape {tuple(guidance.shape)}; expected {expected}")
    _require_range(name, guidance, -1.0, 1.0)
    return guidance


def _as_numbers(name: str, values: np.ndarray) -> Tensor:
    array = np.asarray(values)
    if array.dtype != bool and not np.issubdtype(array.dtype, np.number):
        raise ValueError(f"{name}: got values of type {array.dtype}; expected numbers")
    if np.iscomplexobj(array):
        raise ValueError(f"{name}: got complex numbers; expected real ones")
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _require_range(name: str, values: Tensor, low: float, high: float) -> None:
    smallest, largest = (float(value) for value in torch.aminmax(values))
    if not (smallest >= low and largest <= high):  # also true of NaN
        found = f"values from {smallest:g} to {largest:g}" if smallest == smallest else "NaN"
        raise ValueError(
            f"{name}: got {found} in shape {tuple(values.shape)}; expected values from {low:g} "
            f"to {high:g}"
        )
