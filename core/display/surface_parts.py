"""Parting the surface of a segment where slices of one kind meet slices of another.

Triangles between two slices reach into both. Each is cut where the first slice ends and the second
begins, so that both parts end there in a straight line and fill the whole surface together.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from core.dicom.geometry import Geometry
from core.display.surfaces import Surface

_TOUCHING_MM = 1e-3  # corners this close to a place lie there, and are not made anew


def part_surface(
    surface: Surface, others: Collection[int], geometry: Geometry
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
    """Part a surface into that of some slices and that of the others.

    Parameters
    ----------
    surface : Surface
        Of a segment.
    others : collection of int
        Slices of the other kind, counted from 0.
    geometry : Geometry
        Of the series.

    Returns
    -------
    vertices : numpy.ndarray of float32, shape (vertices, 3)
        Those of the surface, and new ones where triangles are cut.
    faces : numpy.ndarray of int32, shape (faces, 3)
        Triangles of slices that are not among the others.
    other_faces : numpy.ndarray of int32, shape (faces, 3)
        Triangles of `others`.
    """
    marked = np.unique(surface.slices)
    is_other = np.isin(marked, list(others))
    along = (geometry.positions @ geometry.normal)[marked]
    middles = (along[1:] + along[:-1]) / 2
    vertices, faces = surface.vertices.astype(np.float64), surface.faces
    cuts = middles[is_other[1:] != is_other[:-1]]
    while len(cuts):
        depths = vertices @ geometry.normal
        corners = depths[faces]
        first = np.searchsorted(cuts, corners.min(axis=1) + _TOUCHING_MM)
        cut = cuts[np.minimum(first, len(cuts) - 1)]
        crosses = (first < len(cuts)) & (cut < corners.max(axis=1) - _TOUCHING_MM)
        if not crosses.any():
            break
        vertices, pieces = _cut(vertices, faces[crosses], depths, cut[crosses])
        faces = np.concatenate([faces[~crosses], pieces])
    if not len(faces):
        return surface.vertices, faces, faces
    nearest = np.searchsorted(middles, (vertices @ geometry.normal)[faces].mean(axis=1))
    is_part = is_other[nearest]
    return vertices.astype(np.float32), faces[~is_part], faces[is_part]


def _cut(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
    depths: NDArray[np.float64],
    places: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Cut each triangle at a place along the normal; returns all vertices and the pieces."""
    above = depths[faces] > places[:, None]
    # The corner that lies alone on its side comes first, in the same sense of rotation.
    alone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
    turned = np.take_along_axis(faces, (alone[:, None] + np.arange(3)) % 3, axis=1)
    edges = np.concatenate([turned[:, [0, 1]], turned[:, [0, 2]]])
    at = np.concatenate([places, places])
    # Neighbouring triangles share the new vertex on their edge.
    keys = np.stack([edges.min(axis=1), edges.max(axis=1)], axis=1).astype(np.float64)
    _, chosen, number = np.unique(
        np.column_stack([keys, at]), axis=0, return_index=True, return_inverse=True
    )
    one, other = np.sort(edges[chosen], axis=1).T
    share = ((at[chosen] - depths[one]) / (depths[other] - depths[one]))[:, None]
    added = vertices[one] + share * (vertices[other] - vertices[one])
    made = np.arange(len(chosen)) + len(vertices)
    for corner in (one, other):
        made = np.where(np.abs(depths[corner] - at[chosen]) <= _TOUCHING_MM, corner, made)
    left, right = made[number.reshape(2, -1)].astype(np.int32)
    tip, second, third = turned.T
    pieces = np.concatenate(
        [
            np.stack([tip, left, right], axis=1),
            np.stack([left, second, third], axis=1),
            np.stack([left, third, right], axis=1),
        ]
    )
    # Where a corner lies at the place, there are two pieces.
    sides = np.sort(pieces, axis=1)
    return np.concatenate([vertices, added]), pieces[(np.diff(sides, axis=1) != 0).all(axis=1)]
