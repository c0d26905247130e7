"""Methods without a trained network, as baselines.

All take the drawn masks of one structure and give a mask [slice, row, column] of the whole
volume, in which slices beyond the outermost drawn ones are empty unless the method says otherwise.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.network.outlines import signed_distance

Mask = NDArray[np.bool_]

_MARGIN_PIXELS = 12

_ITK_PROGRAM = """
import os, sys, itk, numpy
for number in range(int(sys.argv[2])):
    image = itk.image_from_array(numpy.load(f"{sys.argv[1]}/drawn_{number}.npy"))
    filled = itk.morphological_contour_interpolator(image)
    numpy.save(f"{sys.argv[1]}/filled_{number}.npy", itk.array_from_image(filled))
os._exit(0)
"""


def copy_nearest(examples: Mapping[int, Mask], slices: int) -> Mask:
    """Fill every slice with the mask of the nearest drawn one."""
    drawn = np.array(sorted(examples))
    nearest = drawn[np.abs(np.arange(slices)[:, None] - drawn).argmin(axis=1)]
    return np.stack([examples[int(index)] for index in nearest])


def interpolate_signed_distance(examples: Mapping[int, Mask], slices: int) -> Mask:
    """Interpolate the signed distances of neighbouring drawn slices linearly.

    Beyond the outermost drawn slices their masks are copied.

    References
    ----------
    Raya, Udupa: "Shape-based interpolation of multidimensional objects", IEEE Transactions on
    Medical Imaging 9, 1990.
    """
    drawn = sorted(examples)
    shape = (slices, *examples[drawn[0]].shape)
    far = float(sum(shape[1:]))
    distances = {index: signed_distance(examples[index], far) for index in drawn}
    result = np.zeros(shape, dtype=bool)
    result[: drawn[0]] = examples[drawn[0]]
    result[drawn[-1] :] = examples[drawn[-1]]
    for lower, upper in pairwise(drawn):
        for index in range(lower, upper):
            share = (index - lower) / (upper - lower)
            mixed = (1 - share) * distances[lower] + share * distances[upper]
            result[index] = examples[lower] if index == lower else mixed > 0
    return result


def interpolate_morphologically(jobs: Sequence[tuple[Mapping[int, Mask], int]]) -> list[Mask]:
    """Fill between slices as 3D Slicer and ITK-SNAP do, with ITK.

    ITK runs in a process of its own: its filter can end the interpreter it runs in. Several jobs
    share one process, because loading ITK takes longer than the filter.

    Parameters
    ----------
    jobs : sequence of (mapping of int to ndarray of bool, int)
        The drawn masks by slice index, and the number of slices.

    Returns
    -------
    list of ndarray of bool
        [slice, row, column] for every job; empty beyond the outermost drawn slices.

    References
    ----------
    Zukić et al.: "N-dimensional morphological contour interpolation", Insight Journal, 2016.

    Raises
    ------
    RuntimeError
        If ITK fails or its package is not installed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (examples, slices) in enumerate(jobs):
            stack = np.zeros((slices, *next(iter(examples.values())).shape), dtype=np.uint8)
            for index, mask in examples.items():
                stack[index] = mask
            np.save(folder / f"drawn_{number}.npy", stack)
        done = subprocess.run(
            [sys.executable, "-c", _ITK_PROGRAM, name, str(len(jobs))],
            capture_output=True,
            text=True,
            check=False,
        )
        filled = [folder / f"filled_{number}.npy" for number in range(len(jobs))]
        if not all(path.exists() for path in filled):
            raise RuntimeError(
                "ITK's contour interpolation failed; it needs the package "
                f"itk-morphologicalcontourinterpolation: {done.stderr.strip()[-300:]}"
            )
        return [np.load(path) > 0 for path in filled]


def walk_randomly(
    examples: Mapping[int, Mask],
    image: NDArray[np.float32],
    spacing: tuple[float, float, float],
) -> Mask:
    """Let a random walker in three dimensions decide between inside and outside.

    The drawn slices are its seeds; it runs from the first to the last of them, in a box around
    the structure. Beyond them the outermost masks are copied.

    Parameters
    ----------
    examples : mapping of int to ndarray of bool
        The drawn masks by slice index.
    image : ndarray of float32
        [slice, row, column], values in [0, 1].
    spacing : tuple of float
        Of slices, rows and columns, in mm.

    References
    ----------
    Grady: "Random walks for image segmentation", IEEE Transactions on Pattern Analysis and
    Machine Intelligence 28, 2006.
    """
    from skimage.segmentation import random_walker

    drawn = sorted(examples)
    result = copy_nearest(examples, len(image))
    union = np.logical_or.reduce([examples[index] for index in drawn])
    rows, columns = ndimage.find_objects(union.astype(np.uint8))[0]
    rows, columns = (
        slice(max(0, side.start - _MARGIN_PIXELS), side.stop + _MARGIN_PIXELS)
        for side in (rows, columns)
    )
    part = slice(drawn[0], drawn[-1] + 1)
    box = image[part, rows, columns]
    seeds = np.zeros(box.shape, dtype=np.int32)
    for index in drawn:
        seeds[index - drawn[0]] = np.where(examples[index][rows, columns], 1, 2)
    labels = random_walker(
        box, seeds, beta=1000, mode="cg_j", tol=1e-3, spacing=np.divide(spacing, min(spacing))
    )
    result[part] = False
    result[part, rows, columns] = labels == 1
    for index in drawn:
        result[index] = examples[index]
    return result
