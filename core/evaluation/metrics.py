"""How well a mask agrees with the truth, beside its Dice; and the interval of a mean."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from core.network.overlap import dice

Mask = NDArray[np.bool_]


def worst_slice_dice(mask: Mask, truth: Mask) -> float:
    """Lowest Dice among the slices of [slice, row, column] masks."""
    return min(dice(*slices) for slices in zip(mask, truth, strict=True))


def hausdorff_95_mm(mask: Mask, truth: Mask, spacing: tuple[float, ...]) -> float:
    """95th percentile of the distances between two surfaces, in mm.

    Parameters
    ----------
    mask, truth : ndarray of bool
        [slice, row, column], or [row, column] for the contours on one slice.
    spacing : tuple of float
        Of slices, rows and columns, or of rows and columns, in mm.

    Returns
    -------
    float
        Over the distances in both directions; 0 where both are empty, infinite where one is.
    """
    if not mask.any() and not truth.any():
        return 0.0
    if not mask.any() or not truth.any():
        return float("inf")
    box = ndimage.find_objects((mask | truth).astype(np.uint8))[0]
    mask, truth = np.pad(mask[box], 1), np.pad(truth[box], 1)
    # Surfaces are thin: searching their points is faster than filling in distances everywhere.
    points, points_truth = (np.argwhere(_surface(one)) * spacing for one in (mask, truth))
    there, _ = KDTree(points_truth).query(points)
    back, _ = KDTree(points).query(points_truth)
    return float(np.percentile(np.concatenate([there, back]), 95))


def bootstrap_interval(
    values: NDArray[np.float64], seed: int = 0, repeats: int = 2000
) -> tuple[float, float]:
    """95 % interval of the mean of values, by resampling them.

    Parameters
    ----------
    values : ndarray of float
        One per subject.
    seed : int
        Of the resampling.
    repeats : int
        How often to resample.

    Returns
    -------
    tuple of float
        Lower and upper end.
    """
    generator = np.random.default_rng(seed)
    means = generator.choice(values, (repeats, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _surface(mask: Mask) -> Mask:
    """Pixels of a mask that touch its outside through a face."""
    surface: Mask = mask & ~ndimage.binary_erosion(mask)
    return surface
