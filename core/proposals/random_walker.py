"""Filling between two drawn slices by looking at the image: a random walk that avoids edges.

References
----------
L. Grady, "Random walks for image segmentation", IEEE Transactions on Pattern Analysis and Machine
Intelligence 28(11), 2006; the implementation is scikit-image's.
"""

import warnings

import numpy as np

BETA = 1000.0
"""How much an edge of the image hinders the walk."""

_FOREGROUND, _BACKGROUND = 1, 2

_POOL = 2
"""Pixels are averaged in squares of this side: the walk is slow, and its answer a rough guide."""


def walk_between(
    images: np.ndarray, first: np.ndarray, last: np.ndarray, step: float
) -> np.ndarray | None:
    """Find the probability that a walk from a pixel reaches the structure before anything else.

    Parameters
    ----------
    images : np.ndarray
        float32 [slices, height, width], values in [0, 1]: from one drawn slice to the next, both
        included; even sides.
    first, last : np.ndarray
        bool [height, width]: what is drawn on these two.
    step : float
        Distance between slices, in pixels.

    Returns
    -------
    np.ndarray or None
        float32 [slices − 2, height, width], in [0, 1]; None where the image is constant or the
        drawn masks are too small to start from.
    """
    from skimage.segmentation import random_walker

    pooled = _pooled(np.asarray(images, np.float32))
    seeds = np.zeros(pooled.shape, np.int32)
    for place, mask in ((0, first), (-1, last)):
        inside = _pooled(mask.astype(np.float32)) >= 0.5
        seeds[place] = np.where(inside, _FOREGROUND, _BACKGROUND)
    present = np.unique(seeds)
    if pooled.std() == 0 or not {_FOREGROUND, _BACKGROUND} <= set(present.tolist()):
        return None
    with warnings.catch_warnings():
        # The solver's answer is exact to its tolerance only, which is said of every call.
        warnings.simplefilter("ignore")
        both = random_walker(
            pooled,
            seeds,
            beta=BETA,
            mode="cg_j",
            tol=1e-3,
            spacing=np.array([step / _POOL, 1.0, 1.0]) / min(step / _POOL, 1.0),
            return_full_prob=True,
        )
    probability = np.clip(both[0][1:-1], 0, 1).astype(np.float32)
    return probability.repeat(_POOL, axis=1).repeat(_POOL, axis=2)


def _pooled(maps: np.ndarray) -> np.ndarray:
    height, width = maps.shape[-2:]
    shape = (*maps.shape[:-2], height // _POOL, _POOL, width // _POOL, _POOL)
    return maps.reshape(shape).mean(axis=(-3, -1))
