"""Filling between drawn slices from their shapes alone, without looking at the image.

References
----------
S. P. Raya and J. K. Udupa, "Shape-based interpolation of multidimensional objects", IEEE
Transactions on Medical Imaging 9(1), 1990; G. T. Herman, J. Zheng and C. A. Bucholtz, "Shape-based
interpolation", IEEE Computer Graphics and Applications 12(3), 1992.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from scipy.ndimage import distance_transform_edt


def signed_distance(mask: np.ndarray, pixel_spacing: tuple[float, float]) -> np.ndarray:
    """Measure the distance to the outline in mm, positive inside.

    The outline runs half-way between the centres of pixels inside and outside.

    Parameters
    ----------
    mask : np.ndarray
        bool [row, column], not empty. Without a pixel outside, the distance is the mask's size.
    pixel_spacing : tuple of float
        Distance between rows and between columns in mm.

    Returns
    -------
    np.ndarray
        float32 [row, column].
    """
    if mask.all():
        size = max(n * mm for n, mm in zip(mask.shape, pixel_spacing, strict=True))
        return np.full(mask.shape, size, np.float32)
    inside = distance_transform_edt(mask, sampling=pixel_spacing)
    outside = distance_transform_edt(~mask, sampling=pixel_spacing)
    half = min(pixel_spacing) / 2
    return np.where(mask, inside - half, half - outside).astype(np.float32)


def interpolate(
    masks: Mapping[int, np.ndarray],
    slices: Iterable[int],
    spacing: tuple[float, float, float],
) -> dict[int, np.ndarray]:
    """Interpolate the signed distance to a structure's outline between its examples.

    A slice between two examples gets the mean of their distances, weighted by nearness. Towards an
    example without the structure it shrinks to vanish half-way. Nothing is invented beyond the
    outermost examples.

    Parameters
    ----------
    masks : mapping of int to np.ndarray
        Slice index to bool [row, column]; an empty mask says that the structure is not there.
    slices : iterable of int
        Slices that are wanted.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.

    Returns
    -------
    dict of int to np.ndarray
        float32 [row, column] in mm, positive inside: only wanted slices that lie strictly between
        two examples of which at least one is not empty.
    """
    distances = example_distances(masks, (spacing[1], spacing[2]))
    between = (
        (index, between_examples(distances, index)) for index in slices if index not in masks
    )
    return {index: distance for index, distance in between if distance is not None}


def example_distances(
    masks: Mapping[int, np.ndarray], pixel_spacing: tuple[float, float]
) -> dict[int, np.ndarray | None]:
    """Measure the signed distance of every example once; None where the structure is absent."""
    return {
        index: signed_distance(np.asarray(mask, bool), pixel_spacing) if mask.any() else None
        for index, mask in masks.items()
    }


def between_examples(
    distances: Mapping[int, np.ndarray | None],
    index: int,
    left_out: frozenset[int] = frozenset(),
) -> np.ndarray | None:
    """Interpolate on one slice; see `interpolate`.

    Parameters
    ----------
    distances : mapping of int to np.ndarray or None
        From `example_distances`.
    index : int
        The slice; if it is an example, this is left out of account.
    left_out : frozenset of int
        Examples not to be used.

    Returns
    -------
    np.ndarray or None
        float32 [row, column] in mm; None beyond the outermost examples and between two examples
        without the structure.
    """
    below, above = neighbours(set(distances) - left_out, index)
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


def neighbours(known: Iterable[int], index: int) -> tuple[int | None, int | None]:
    """Find the nearest members of a set before and after an index, other than itself."""
    known = list(known)
    below = max((place for place in known if place < index), default=None)
    above = min((place for place in known if place > index), default=None)
    return below, above
