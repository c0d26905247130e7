"""From a labelled scan to stacks of pictures and masks of 128 × 128 pixels.

Intensities and resampling are those of the proposals (`core.proposals.intensity`,
`core.proposals.crop`), so that the network sees in training what it sees in use.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from core.proposals.crop import Crop, crop_around
from core.proposals.intensity import prepare
from core.training.registry.index import Plane, View
from core.training.registry.scans import LabelledScan, Structure

PLANES: Final[tuple[Plane, ...]] = ("sagittal", "coronal", "axial")
"""Planes by the axis across them, of volumes whose axes grow to Left, Posterior and Superior."""

MAX_STRETCH: Final = 3.0
"""Planes across the acquired slices are left out where their pixels are longer than that."""

MIN_FIELD: Final = 1 / 3
"""Planes across the acquired slices are left out where they are narrower than that share."""

_MARGIN: Final = 0.2
_CLOSE: Final = 0.8


@dataclass(frozen=True)
class SliceOptions:
    """Which slices of a scan become pictures.

    Attributes
    ----------
    planes : {"all", "acquired"}
        All planes whose pixels are square enough, or those of the acquisition only.
    views : tuple of {"slice", "structure"}
        Whole slices, and neighbourhoods of structures as in use.
    slices : int
        Most slices of a stack; of more, evenly spaced ones are kept.
    smallest : int
        Masks of fewer pixels are specks; their slices are left out for this structure.
    """

    planes: Literal["all", "acquired"] = "all"
    views: tuple[View, ...] = ("slice", "structure")
    slices: int = 48
    smallest: int = 16


@dataclass(frozen=True, eq=False)
class PreparedStack:
    """Slices of a structure before they are stored.

    Attributes
    ----------
    label : str
        The structure.
    plane, view
        As in `core.training.registry.index.Stack`.
    crop : Crop
        What is shown of the slices.
    indices : ndarray of int
        The slices in the plane's own numbers.
    positions : ndarray of float
        Where they lie along the normal, in sides of the view.
    masks : ndarray of bool
        [slices, 128, 128].
    """

    label: str
    plane: Plane
    view: View
    crop: Crop
    indices: NDArray[np.int64]
    positions: NDArray[np.float64]
    masks: NDArray[np.bool_]


@dataclass(frozen=True)
class _Grid:
    """How the axes of a scan turn into those of the patient."""

    turn: NDArray[np.float64]
    sizes: tuple[float, float, float]
    acquired: int

    def volume(self, values: NDArray[Any]) -> NDArray[Any]:
        """Turn the axes to Left, Posterior and Superior."""
        return nib.orientations.apply_orientation(values, self.turn)


def prepare_image(scan: LabelledScan) -> NDArray[np.float32]:
    """Map the intensities of a scan to [0, 1], axes growing to Left, Posterior, Superior."""
    return _grid(scan).volume(prepare(scan.image, scan.modality))


def prepare_stacks(scan: LabelledScan, options: SliceOptions) -> Iterator[PreparedStack]:
    """Make the stacks of all structures of a scan; structures that are specks give none.

    Parameters
    ----------
    scan : LabelledScan
        What was read.
    options : SliceOptions
        Which slices are wanted.

    Yields
    ------
    PreparedStack
        Structure by structure.
    """
    grid = _grid(scan)
    for label, structure in scan.structures.items():
        mask = grid.volume(structure.read())
        if not mask.any():
            continue
        for axis in _axes(mask.shape, grid, structure, options):
            yield from _stacks(label, mask, axis, grid, structure, options)


def plane_slices(volume: NDArray[Any], plane: Plane) -> NDArray[Any]:
    """View a volume as slices [slice, row, column] as they are looked at.

    Parameters
    ----------
    volume : ndarray
        Axes growing to Left, Posterior and Superior.
    plane : {"axial", "coronal", "sagittal"}
        Rows run from front to back in axial slices, from head to feet in others.

    Returns
    -------
    ndarray
        A view.
    """
    if plane == "axial":
        return volume.transpose(2, 1, 0)
    if plane == "coronal":
        return volume.transpose(1, 2, 0)[:, ::-1]
    return volume.transpose(0, 2, 1)[:, ::-1]


def _grid(scan: LabelledScan) -> _Grid:
    own = nib.orientations.io_orientation(scan.affine)
    turn = nib.orientations.ornt_transform(own, nib.orientations.axcodes2ornt("LPS"))
    sizes = np.empty(3)
    targets = own[:, 0].astype(int)
    sizes[targets] = nib.affines.voxel_sizes(scan.affine)
    return _Grid(turn, (sizes[0], sizes[1], sizes[2]), int(targets[scan.across]))


def _spacing(grid: _Grid, axis: int) -> tuple[float, float, float]:
    """Distance between slices, rows and columns across an axis, in mm."""
    left, posterior, superior = grid.sizes
    return {
        2: (superior, posterior, left),
        1: (posterior, superior, left),
        0: (left, superior, posterior),
    }[axis]


def _axes(
    shape: Sequence[int], grid: _Grid, structure: Structure, options: SliceOptions
) -> Iterator[int]:
    """Axes across which slices are worth making, that of the acquisition first."""
    yield grid.acquired
    if options.planes == "acquired" or not structure.everywhere:
        return
    for axis in range(3):
        within = [other for other in range(3) if other != axis]
        sizes = [grid.sizes[other] for other in within]
        fields = [grid.sizes[other] * shape[other] for other in within]
        square = max(sizes) <= MAX_STRETCH * min(sizes)
        if axis != grid.acquired and square and min(fields) >= MIN_FIELD * max(fields):
            yield axis


def _stacks(
    label: str,
    mask: NDArray[np.bool_],
    axis: int,
    grid: _Grid,
    structure: Structure,
    options: SliceOptions,
) -> Iterator[PreparedStack]:
    """Stacks of one structure across one axis, one per view."""
    plane = PLANES[axis]
    spacing = _spacing(grid, axis)
    slices = plane_slices(mask, plane)
    chosen = _chosen(slices, structure.everywhere, options.slices)
    whole = _whole(slices.shape[1:], spacing[1:])
    close = crop_around(slices[chosen], spacing)
    crops: dict[View, Crop] = {"slice": whole}
    # Where the structure fills the slice anyway, its neighbourhood shows nothing new.
    if close.side_mm < _CLOSE * whole.side_mm or "slice" not in options.views:
        crops["structure"] = close
    for view, crop in crops.items():
        if view not in options.views:
            continue
        masks = crop.masks(slices[chosen])
        pixels = masks.sum(axis=(1, 2))
        kept = (pixels == 0) | (pixels >= options.smallest)
        if pixels[kept].any():
            indices = chosen[kept]
            positions = indices * spacing[0] / crop.side_mm
            yield PreparedStack(label, plane, view, crop, indices, positions, masks[kept])


def _chosen(slices: NDArray[np.bool_], everywhere: bool, most: int) -> NDArray[np.int64]:
    """Choose slices of a structure and, where they are known to be empty, some beyond its ends."""
    present = np.flatnonzero(slices.any(axis=(1, 2)))
    if everywhere:
        first, last = int(present[0]), int(present[-1])
        margin = max(1, round(_MARGIN * (last - first + 1)))
        present = np.arange(max(0, first - margin), min(len(slices), last + margin + 1))
    places = np.linspace(0, len(present) - 1, min(most, len(present))).round().astype(int)
    return present[places]


def _whole(shape: tuple[int, ...], pixel_spacing: tuple[float, ...]) -> Crop:
    """Give the smallest square around a slice."""
    rows, columns = shape
    side = max(rows * pixel_spacing[0], columns * pixel_spacing[1])
    center = ((rows - 1) / 2, (columns - 1) / 2)
    return Crop(center, float(side), (rows, columns), (pixel_spacing[0], pixel_spacing[1]))
