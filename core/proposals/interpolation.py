"""Filling between drawn slices from their shapes alone, without looking at the image.

References
----------
S. P. Raya and J. K. Udupa, "Shape-based interpolation of multidimensional objects", IEEE
Transactions on Medical Imaging 9(1), 1990; G. T. Herman, J. Zheng and C. A. Bucholtz, "Shape-based
interpolation", IEEE Computer Graphics and Applications 12(3), 1992.
"""

from collections.abc import Mapping

import numpy as np

from core.network.outlines import signed_distance
from core.proposals.examples import neighbours


def example_distances(
    masks: Mapping[int, np.ndarray], pixel_spacing: tuple[float, float]
) -> dict[int, np.ndarray | None]:
    """Measure the signed distance to the outline of every example.

    Parameters
    ----------
    masks : mapping of int to np.ndarray
        Slice index to bool [row, column]; an empty mask says that the structure is absent.
    pixel_spacing : tuple of float
        Distance between rows and between columns in mm.

    Returns
    -------
    dict of int to np.ndarray or None
        float32 [row, column] in mm, positive inside; None where the structure is absent.
    """
    distances: dict[int, np.ndarray | None] = {}
    for index, mask in masks.items():
        size = max(n * mm for n, mm in zip(mask.shape, pixel_spacing, strict=True))
        distance = signed_distance(mask, size, pixel_spacing).astype(np.float32)
        distances[index] = distance if mask.any() else None
    return distances


def between_examples(distances: Mapping[int, np.ndarray | None], index: int) -> np.ndarray | None:
    """Interpolate the signed distance to a structure's outline between two examples.

    A slice gets the mean of the distances of its neighbouring examples, weighted by nearness.
    Towards an example without the structure, the structure shrinks to vanish half-way.

    Parameters
    ----------
    distances : mapping of int to np.ndarray or None
        From `example_distances`.
    index : int
        The slice; an example is interpolated from the others.

    Returns
    -------
    np.ndarray or None
        float32 [row, column] in mm, positive inside; None beyond the outermost examples and
        between two examples without the structure.
    """
    below, above = neighbours(distances, index)
    if below is None or above is None:
        return None
    share = (index - below) / (above - below)
    first, second = distances[below], distances[above]
    if first is not None and second is not None:
        return (1 - share) * first + share * second
    if first is not None:
        return (1 - share) * first - share * first.max()
    if second is not None:
        return share * second - (1 - share) * second.max()
    return None
