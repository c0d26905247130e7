"""Writing masks as NIfTI-1 with nibabel.

NIfTI's axes grow to the patient's Right, Anterior and Superior (RAS), DICOM's to the Left and
Posterior (LPS): the first two rows of the affine change sign.
"""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np

from core.dicom.budgets import MAX_VOLUME_VOXELS
from core.dicom.errors import DicomError, NeedsResamplingError
from core.dicom.geometry import Geometry
from core.dicom.series import Series, SeriesSummary
from core.formats.resampling import even_grid, masks_on_grid
from core.home.whole_files import written_whole
from core.segments.segment_masks import SegmentMasks

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
COMMENT_CODE = 6
"""Code of a header extension that holds plain text."""
_MILLIMETRES = "mm"

# NIfTI-1 counts voxels of an axis in 16 bits with a sign.
_LONGEST_AXIS = 32767


def ras_affine(geometry: Geometry) -> np.ndarray:
    """Return the matrix from (column, row, slice, 1) to (x, y, z, 1) in mm, RAS, shape (4, 4)."""
    return _LPS_TO_RAS @ geometry.affine


def uneven_steps(geometry: Geometry) -> str:
    """Say in half a sentence why an affine cannot place the slices; "" where it can."""
    if geometry.is_even:
        return ""
    gaps = geometry.slice_gaps
    return (
        f"The slices are {gaps.min():.2f} to {gaps.max():.2f} mm apart, and NIfTI places them in "
        "even steps: masks would lie elsewhere"
    )


def nifti_grid(geometry: Geometry, *, resample: bool) -> Geometry:
    """Return the grid that a NIfTI file of a series has.

    Raises
    ------
    NeedsResamplingError
        When slices lie off an even grid and may not be resampled.
    DicomError
        When the resampled grid would be larger than NIfTI or the memory holds.
    """
    uneven = uneven_steps(geometry)
    if not uneven:
        return geometry
    if not resample:
        raise NeedsResamplingError(
            f"{uneven}; use DICOM-SEG or RTSTRUCT, or have the masks resampled to an even grid."
        )
    grid = even_grid(geometry)
    planes = len(grid.positions)
    if planes > _LONGEST_AXIS or planes * grid.rows * grid.columns > MAX_VOLUME_VOXELS:
        raise DicomError(
            f"{uneven}; an even grid would need {planes} planes, which is too many: use DICOM-SEG "
            "or RTSTRUCT."
        )
    return grid


def write_nifti(
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    *,
    resample: bool = False,
) -> list[Path]:
    """Write masks in the voxels of the series.

    Segments that do not overlap share one file, in which a voxel holds the number of its segment;
    the names stand in a comment in the header. Otherwise each segment has a file of its own, named
    after `path` and its label, with 1 where it is. A series that does not say where its slices lie
    gives a file that does not say it either.

    Parameters
    ----------
    series : Series or SeriesSummary
        What was annotated.
    segments : sequence of SegmentMasks
        At least one.
    path : pathlib.Path
        Ends in .nii or .nii.gz.
    resample : bool
        Where the slices lie in uneven steps, put the masks on an even grid (`even_grid`).

    Returns
    -------
    list of pathlib.Path
        The files written. Their axes are (column, row, slice).

    Raises
    ------
    NeedsResamplingError
        When the slices do not lie in even steps and `resample` is not set.
    DicomError
        When there is nothing to write, or `path` cannot be written or has another ending.
    """
    summary = series.summary if isinstance(series, Series) else series
    if not segments:
        raise DicomError("There is no segment to export; draw one first.")
    grid = nifti_grid(summary.geometry, resample=resample)
    if grid is not summary.geometry:
        segments = [
            replace(one, masks=masks_on_grid(one.masks, summary.geometry, grid)) for one in segments
        ]
    labels = np.zeros(_shape(grid), np.uint8 if _largest_number(segments) < 256 else np.uint16)
    for masks in segments:
        for index, mask in masks.masks.items():
            if labels[index][mask].any():
                return _write_each(grid, segments, path)
            labels[index][mask] = masks.segment.number
    names = "\n".join(f"{masks.segment.number} {masks.segment.label}" for masks in segments)
    return [_write(labels, grid, path, comment=names)]


def _shape(grid: Geometry) -> tuple[int, int, int]:
    return len(grid.positions), grid.rows, grid.columns


def _write_each(grid: Geometry, segments: Sequence[SegmentMasks], path: Path) -> list[Path]:
    stem, ending = _split_name(path)
    written = []
    with ExitStack() as stack:
        # None takes its place before all of them are written.
        for masks in segments:
            voxels = np.zeros(_shape(grid), np.uint8)
            for index, mask in masks.masks.items():
                voxels[index][mask] = 1
            label = re.sub(r"\W+", "_", masks.segment.label).strip("_")
            own = path.with_name(f"{stem}_{masks.segment.number}_{label}{ending}")
            unfinished = stack.enter_context(written_whole(own))
            nib.save(_image(voxels, grid, comment=f"1 {masks.segment.label}"), unfinished)
            written.append(own)
    return written


def _write(voxels: np.ndarray, grid: Geometry, path: Path, comment: str = "") -> Path:
    _split_name(path)
    with written_whole(path) as unfinished:
        nib.save(_image(voxels, grid, comment), unfinished)
    return path


def _image(voxels: np.ndarray, grid: Geometry, comment: str) -> nib.Nifti1Image:
    """Make an image (column, row, slice) of voxels [slice, row, column]."""
    affine = ras_affine(grid)
    image = nib.Nifti1Image(voxels.transpose(2, 1, 0), affine if grid.in_patient else None)
    if grid.in_patient:
        # Scanner coordinates. A quaternion cannot express a tilt, so then only the matrix is set.
        image.set_sform(affine, code="scanner")
        image.set_qform(affine, code="scanner" if _is_rectangular(affine) else "unknown")
    else:
        image.header.set_zooms(np.linalg.norm(affine[:3, :3], axis=0))
    image.header.set_xyzt_units(_MILLIMETRES if grid.has_pixel_size else "unknown")
    if comment:
        image.header.extensions.append(
            nib.nifti1.Nifti1Extension(COMMENT_CODE, comment.encode("utf-8"))
        )
    return image


def _is_rectangular(affine: np.ndarray) -> bool:
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.allclose(axes.T @ axes, np.eye(3), atol=1e-4))


def _split_name(path: Path) -> tuple[str, str]:
    for ending in (".nii.gz", ".nii"):
        if path.name.endswith(ending) and len(path.name) > len(ending):
            return path.name.removesuffix(ending), ending
    raise DicomError(f"{path.name} is not a name for a NIfTI file; it must end in .nii or .nii.gz.")


def _largest_number(segments: Sequence[SegmentMasks]) -> int:
    return max(masks.segment.number for masks in segments)
