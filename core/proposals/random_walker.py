"""Filling between two drawn slices from the image: a random walk that avoids edges.

References
----------
L. Grady, "Random walks for image segmentation", IEEE Transactions on Pattern Analysis and Machine
Intelligence 28(11), 2006; the implementation is scikit-image's.
"""

import warnings

import numpy as np

from core.proposals.pooling import pooled

BETA = 1000.0
"""How much an edge of the image hinders the walk."""

_FOREGROUND, _BACKGROUND = 1, 2

_LONGEST_SIDE = 72
"""Larger images are averaged in squares until they fit: the walk is slow."""


def walk_between(
    images: np.ndarray, first: np.ndarray, last: np.ndarray, spacing: tuple[float, float, float]
) -> np.ndarray | None:
    """Find the probability that a walk from a pixel reaches the structure before anything else.

    Parameters
    ----------
    images : np.ndarray
        float32 [slices, height, width], values in [0, 1]: from one drawn slice to the next, both
        included. Best in original pixels: in resampled ones edges look weaker.
    first, last : np.ndarray
        bool [height, width]: what is drawn on these two.
    spacing : tuple of float
        Distance between slices, rows and columns, in mm.

    Returns
    -------
    np.ndarray or None
        float32 [slices − 2, height, width], in [0, 1]; None where the image is constant or the
        drawn masks are too small to start from.
    """
    from skimage.segmentation import random_walker

    height, width = images.shape[1:]
    pool = -(-max(height, width) // _LONGEST_SIDE)
    averaged = pooled(np.asarray(images, np.float32), pool)
    seeds = np.zeros(averaged.shape, np.int32)
    for place, mask in ((0, first), (-1, last)):
        inside = pooled(mask.astype(np.float32), pool) >= 0.5
        seeds[place] = np.where(inside, _FOREGROUND, _BACKGROUND)
    present = np.unique(seeds)
    if averaged.std() == 0 or not {_FOREGROUND, _BACKGROUND} <= set(present.tolist()):
        return None
    with warnings.catch_warnings():
        # The solver warns on every call that its answer is exact to its tolerance only.
        warnings.simplefilter("ignore")
        both = random_walker(
            averaged,
            seeds,
            beta=BETA,
            mode="cg_j",
            tol=1e-3,
            spacing=np.array([spacing[0] / pool, spacing[1], spacing[2]])
            / min(spacing[0] / pool, spacing[1], spacing[2]),
            return_full_prob=True,
        )
    probability = np.clip(both[0][1:-1], 0, 1).astype(np.float32)
    probability = probability.repeat(pool, axis=1).repeat(pool, axis=2)
    return probability[:, :height, :width]
