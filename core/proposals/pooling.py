"""Averaging squares of pixels."""

import numpy as np


def pooled(maps: np.ndarray, pool: int) -> np.ndarray:
    """Average squares of pixels; the border goes on where the last squares lie beyond it.

    Parameters
    ----------
    maps : np.ndarray
        [..., height, width].
    pool : int
        Side of a square in pixels.

    Returns
    -------
    np.ndarray
        [..., height / pool, width / pool], rounded up.
    """
    height, width = (-(-side // pool) for side in maps.shape[-2:])
    beyond = (height * pool - maps.shape[-2], width * pool - maps.shape[-1])
    padding = [(0, 0)] * (maps.ndim - 2) + [(0, beyond[0]), (0, beyond[1])]
    padded = np.pad(maps, padding, mode="edge")
    return padded.reshape(*maps.shape[:-2], height, pool, width, pool).mean(axis=(-3, -1))
