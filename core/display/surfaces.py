"""Surfaces of segments for a view in three dimensions.

Masks become a volume of bounded size: cut to the segment, and its pixels and slices joined to
blocks that hold the marked share of them. Marching cubes (W. E. Lorensen and H. E. Cline, SIGGRAPH
1987; in the variant of T. Lewiner et al., 2003) finds the surface where the share is one half.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.measure import marching_cubes

from core.dicom.geometry import Geometry

MOST_VOXELS = 2_000_000
"""Blocks of one surface at most: about a quarter of a second and 130,000 triangles."""

_TOUCHING_MM = 1e-3  # slices this close to each other leave no gap


@dataclass(frozen=True, eq=False)
class Surface:
    """The surface of a segment as triangles.

    Attributes
    ----------
    vertices : numpy.ndarray of float32, shape (vertices, 3)
        Patient coordinates LPS in mm.
    faces : numpy.ndarray of int32, shape (faces, 3)
        Indices of vertices, anticlockwise as seen from outside.
    slices : numpy.ndarray of intp, shape (faces,)
        The marked slice that each triangle is nearest to, counted from 0.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    slices: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _Packed:
    """Masks of a segment in one bit a pixel, and the rectangle around all of them."""

    bits: dict[int, NDArray[np.uint8]]
    rows: tuple[int, int]
    columns: tuple[int, int]

    def mask(self, index: int, columns: int) -> NDArray[np.uint8]:
        """Pixels of a slice within the rectangle, 0 and 1."""
        mask = np.unpackbits(self.bits[index], axis=1, count=columns)
        return mask[slice(*self.rows), slice(*self.columns)]


@dataclass(frozen=True, eq=False)
class _Layer:
    """Neighbouring slices joined to one layer; none where it only closes the surface.

    Attributes
    ----------
    slices : range
        Which.
    place : float
        Of its middle along the normal in mm.
    """

    slices: range
    place: float


def make_surface(
    masks: Iterable[tuple[int, NDArray[np.bool_]]],
    geometry: Geometry,
    most_voxels: int = MOST_VOXELS,
) -> Surface:
    """Find the surface of a segment.

    Each slice is as thick as `Geometry.slice_reach` says; where slices are missing, the surface is
    closed on both sides. Slices lie where their positions say, also with a tilted gantry.

    Parameters
    ----------
    masks : iterable of (int, numpy.ndarray of bool, shape (rows, columns))
        Slice, counted from 0, and mask; slices that are left out are empty. They are taken one
        by one, and one bit a pixel is kept.
    geometry : Geometry
        Of the series.
    most_voxels : int
        Blocks of the volume at most.

    Returns
    -------
    Surface
        Without vertices where no pixel is marked.
    """
    packed = _pack(masks)
    if packed is None:
        return Surface(
            np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), np.zeros(0, np.intp)
        )
    block, joined = _block_sizes(packed, geometry, most_voxels)
    layers = _layers(min(packed.bits), max(packed.bits) + 1, joined, geometry)
    volume = _volume(packed, layers, block, geometry.columns)
    points, faces, _, _ = marching_cubes(volume, 0.5)
    places = np.interp(points[:, 0], np.arange(len(layers)), [one.place for one in layers])
    row = packed.rows[0] + (points[:, 1] - 1) * block + (block - 1) / 2
    column = packed.columns[0] + (points[:, 2] - 1) * block + (block - 1) / 2
    height, width = geometry.pixel_spacing
    vertices = (
        _positions_at(places, geometry)
        + row[:, None] * height * geometry.column_direction
        + column[:, None] * width * geometry.row_direction
    ).astype(np.float32)
    marked = np.array(sorted(packed.bits))
    along = (geometry.positions @ geometry.normal)[marked]
    nearest = marked[np.searchsorted((along[1:] + along[:-1]) / 2, places[faces].mean(axis=1))]
    return Surface(vertices, faces.astype(np.int32), nearest)


def _pack(masks: Iterable[tuple[int, NDArray[np.bool_]]]) -> _Packed | None:
    bits = {}
    top = left = np.iinfo(np.intp).max
    bottom = right = 0
    for index, mask in masks:
        rows = np.flatnonzero(mask.any(axis=1))
        if not len(rows):
            continue
        columns = np.flatnonzero(mask.any(axis=0))
        top, bottom = min(top, int(rows[0])), max(bottom, int(rows[-1]) + 1)
        left, right = min(left, int(columns[0])), max(right, int(columns[-1]) + 1)
        bits[index] = np.packbits(mask, axis=1)
    return _Packed(bits, (top, bottom), (left, right)) if bits else None


def _block_sizes(packed: _Packed, geometry: Geometry, most_voxels: int) -> tuple[int, int]:
    """How many pixels each way, and how many slices, become one block: about as long as wide."""
    slices = max(packed.bits) + 1 - min(packed.bits)
    height, width = (end - start for start, end in (packed.rows, packed.columns))
    block = joined = 1
    while (
        (-(-slices // joined) + 2) * (-(-height // block) + 2) * (-(-width // block) + 2)
    ) > most_voxels:
        if block * min(geometry.pixel_spacing) <= joined * geometry.slice_spacing:
            block += 1
        else:
            joined += 1
    return block, joined


def _layers(first: int, stop: int, joined: int, geometry: Geometry) -> list[_Layer]:
    """Layers of slices from the first on, with empty ones at both ends and in gaps."""
    along = geometry.positions @ geometry.normal
    low, high = along - geometry.slice_reach[:, 0], along + geometry.slice_reach[:, 1]
    gaps = [
        index + 1 for index in range(first, stop - 1) if low[index + 1] - high[index] > _TOUCHING_MM
    ]
    layers: list[_Layer] = []
    for start, end in zip([first, *gaps], [*gaps, stop], strict=True):
        stack = [
            _Layer(chosen, float(along[list(chosen)].mean()))
            for chosen in (range(at, min(at + joined, end)) for at in range(start, end, joined))
        ]
        # The surface lies half way between a marked and an empty layer: at the end of the slice.
        below = 2 * float(low[start]) - stack[0].place
        if layers and below <= layers[-1].place:
            below = (below + layers.pop().place) / 2
        layers += [_Layer(range(0), below), *stack]
        layers.append(_Layer(range(0), 2 * float(high[end - 1]) - stack[-1].place))
    return layers


def _volume(packed: _Packed, layers: list[_Layer], block: int, columns: int) -> NDArray[np.float32]:
    """Marked share of each block, with a border of empty ones on every side."""
    height, width = (-(-(end - start) // block) for start, end in (packed.rows, packed.columns))
    volume = np.zeros((len(layers), height + 2, width + 2), dtype=np.float32)
    for layer, into in zip(layers, volume[:, 1:-1, 1:-1], strict=True):
        for index in layer.slices:
            if index in packed.bits:
                into += _block_sums(packed.mask(index, columns), block)
        into /= max(1, len(layer.slices)) * block**2
    return volume


def _block_sums(mask: NDArray[np.uint8], block: int) -> NDArray[np.uint32]:
    """Marked pixels of each block; blocks at the edges may reach beyond the mask."""
    rows = -(-mask.shape[0] // block)
    sums = np.zeros((rows, mask.shape[1]), dtype=np.uint32)
    for offset in range(block):
        part = mask[offset::block]
        sums[: len(part)] += part
    total = np.zeros((rows, -(-mask.shape[1] // block)), dtype=np.uint32)
    for offset in range(block):
        strip = sums[:, offset::block]
        total[:, : strip.shape[1]] += strip
    return total


def _positions_at(places: NDArray[np.float64], geometry: Geometry) -> NDArray[np.float64]:
    """Centre of the first pixel at places along the normal, as that of the slices goes on."""
    positions = geometry.positions
    along = positions @ geometry.normal
    inside = np.clip(places, along[0], along[-1])
    found = np.stack([np.interp(inside, along, positions[:, axis]) for axis in range(3)], axis=1)
    beyond = (places - inside)[:, None]
    if len(along) == 1:
        return found + beyond * geometry.normal
    first, last = positions[1] - positions[0], positions[-1] - positions[-2]
    step = np.where(beyond < 0, first / (first @ geometry.normal), last / (last @ geometry.normal))
    return found + beyond * step
