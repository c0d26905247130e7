"""Reading label maps in NIfTI-1 onto the series they were drawn on, with nibabel."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from core.dicom.errors import DicomError, NeedsResamplingError
from core.dicom.files import file_label
from core.dicom.series import Series, SeriesSummary
from core.formats.codes import UNKNOWN_TYPE
from core.formats.masks_read import MasksRead
from core.formats.nifti_limits import check_declared_sizes
from core.formats.nifti_placement import (
    AS_STORED,
    AxisOrder,
    axis_order,
    forms_disagree,
    resampled_labels,
    states_place,
)
from core.formats.nifti_writing import COMMENT_CODE, uneven_steps
from core.formats.segment_descriptions import name_cautions, segment_label
from core.segments.anatomy import CATEGORIES, AnatomyTerm, search
from core.segments.segment import MAX_SEGMENT_NUMBER, Segment, default_color
from core.segments.segment_masks import SegmentMasks

# Scaling factors are stored in single precision, which moves whole numbers by this share.
_SCALING_ERROR = float(np.finfo(np.float32).eps)

# Cubic millimetres below which nothing is a voxel: an affine of single precision is singular.
_SMALLEST_VOXEL = float(np.finfo(np.float32).eps)

_GZIP_BEGINNING = b"\x1f\x8b"

_NAME_LINE = re.compile(r"(\d{1,5}) (.+)")


def read_nifti(path: Path, series: Series | SeriesSummary) -> list[SegmentMasks]:
    """Read a label map, as `read_nifti_with_cautions` does without resampling, masks only."""
    return read_nifti_with_cautions(path, series).segments


def read_nifti_with_cautions(
    path: Path, series: Series | SeriesSummary, *, resample: bool = False
) -> MasksRead:
    """Read a label map: each value above 0 is a segment.

    Its axes may run in any order and direction, as long as its voxels lie where the pixels of the
    series do. Names are taken from the comment that `write_nifti` leaves; a name that the list of
    anatomy knows gives the codes.

    Parameters
    ----------
    path : pathlib.Path
        A file that ends in .nii or .nii.gz.
    series : Series or SeriesSummary
        What it was drawn on.
    resample : bool
        Where the voxels lie elsewhere, let each pixel take the nearest one.

    Returns
    -------
    MasksRead
        In the order of the values; SEMIAUTOMATIC, for nobody knows how they came about.

    Raises
    ------
    NeedsResamplingError
        When the file lies on another grid, or the slices lie in uneven steps, and `resample` is
        not set.
    DicomError
        When the file is no label map, is damaged or empty, or does not say where it lies.
    """
    summary = series.summary if isinstance(series, Series) else series
    image = _open(path)
    with _explained(path):
        order, cautions = _order(image, path, summary, resample)
    labels = _labels(image, path)
    if order is not None:
        placed = order.in_series(labels)
    else:
        placed = resampled_labels(labels, image.affine, summary.geometry)
        cautions.extend(_resampling_cautions(labels, placed))
    numbers = [int(number) for number in np.unique(placed) if number]
    if not numbers:
        raise DicomError(f"{file_label(path)} marks no voxel of this series.")
    if numbers[0] < 0 or numbers[-1] > MAX_SEGMENT_NUMBER:
        raise DicomError(
            f"{file_label(path)} holds values beyond 0 to {MAX_SEGMENT_NUMBER}: it is not a label "
            "map."
        )
    names = _names(image)
    cautions.extend(name_cautions(list(names.values()), is_stated=True))
    found = []
    for number in numbers:
        present = placed == number
        masks = {int(index): present[index] for index in np.flatnonzero(present.any(axis=(1, 2)))}
        found.append(SegmentMasks(_segment(number, names), masks, "SEMIAUTOMATIC"))
    return MasksRead(found, tuple(cautions))


def _open(path: Path) -> Any:
    """Open a file of one volume, without its voxels."""
    with _explained(path):
        _check_name(path)
        check_declared_sizes(path)
        # Not mapped into memory: a file that shrinks meanwhile would end the process.
        image: Any = nib.load(path, mmap=False)
        shape = tuple(int(side) for side in image.shape)
        is_finite = bool(np.isfinite(image.affine).all())
    if len(shape) < 3 or any(side != 1 for side in shape[3:]):
        raise DicomError(
            f"{file_label(path)} holds {' × '.join(map(str, shape))} voxels; a label map is one "
            "volume of three axes."
        )
    if not is_finite or abs(np.linalg.det(image.affine[:3, :3])) < _SMALLEST_VOXEL:
        raise DicomError(f"{file_label(path)} is damaged: it places all its voxels at one point.")
    return image


def _check_name(path: Path) -> None:
    """Refuse a file whose name says wrongly whether it is compressed; nibabel goes by the name."""
    with path.open("rb") as file:
        is_compressed = file.read(2) == _GZIP_BEGINNING
    should_be = path.name.lower().endswith(".gz")
    if is_compressed and not should_be:
        raise DicomError(f"{file_label(path)} is compressed: give it a name that ends in .nii.gz.")
    if should_be and not is_compressed and path.stat().st_size:
        raise DicomError(
            f"{file_label(path)} is not compressed, or it is damaged: if it is a NIfTI file, give "
            "it a name that ends in .nii."
        )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what a damaged file makes nibabel raise into one sentence."""
    try:
        yield
    except DicomError:
        raise
    except OSError as error:
        reason = error.strerror
        if reason is None or isinstance(error, gzip.BadGzipFile):
            raise DicomError(f"{file_label(path)} is damaged; create it again.") from error
        raise DicomError(f"{file_label(path)} cannot be opened: {reason}.") from error
    except Exception as error:  # a damaged header can make the parser raise nearly anything
        raise DicomError(f"{file_label(path)} is not a NIfTI file, or it is damaged.") from error


def _order(
    image: Any, path: Path, summary: SeriesSummary, resample: bool
) -> tuple[AxisOrder | None, list[str]]:
    """Find how the voxels lie on the pixels, None where they have to be resampled, and cautions."""
    shape = tuple(int(side) for side in image.shape[:3])
    wanted = summary.columns, summary.rows, summary.slices
    sizes = f"{' × '.join(map(str, shape))} instead of {' × '.join(map(str, wanted))}"
    if not summary.geometry.in_patient:
        if states_place(image):
            order = axis_order(image.affine, shape, summary.geometry)
        else:
            order = AS_STORED if shape == wanted else None
        if order is None:
            raise DicomError(
                f"{file_label(path)} cannot be placed: the series does not say where its slices "
                f"lie, and the file holds voxels of {sizes}, or in another order."
            )
        return order, ["The series does not say where its slices lie; voxels are taken in order."]
    if not states_place(image):
        raise DicomError(
            f"{file_label(path)} does not say where its voxels lie (the codes of its sform and "
            "qform are 0), so it cannot be put onto the series."
        )
    cautions = []
    if forms_disagree(image):
        cautions.append(
            "The file states two different places, as sform and as qform; the sform is used: check "
            "that the masks lie where they should."
        )
    uneven = uneven_steps(summary.geometry)
    order = None if uneven else axis_order(image.affine, shape, summary.geometry)
    if order is None and not resample:
        raise NeedsResamplingError(
            f"{uneven}; it can be resampled, each pixel taking the nearest voxel."
            if uneven
            else f"{file_label(path)} lies on another grid than the series: voxels of {sizes}, or "
            "at other places; it can be resampled, each pixel taking the nearest voxel."
        )
    return order, cautions


def _labels(image: Any, path: Path) -> np.ndarray:
    """Return the voxels in the order of the file, as whole numbers."""
    with _explained(path):
        values = np.asanyarray(image.dataobj).reshape(image.shape[:3])
        if values.dtype.kind not in "iuf":
            raise DicomError(
                f"{file_label(path)} holds colours or complex numbers: it is no label map."
            )
    # Whole numbers stay as they are: of eight bytes each, they would be many times the file.
    return _whole_numbers(values, path) if values.dtype.kind == "f" else values


def _whole_numbers(values: np.ndarray, path: Path) -> np.ndarray:
    """Turn floating point numbers into whole ones, plane by plane, where they are no fractions."""
    planes = np.moveaxis(values, int(np.argmax(np.abs(values.strides))), 0)
    if not all(np.isfinite(plane).all() for plane in planes):
        raise DicomError(
            f"{file_label(path)} holds values that are no numbers: it is no label map."
        )
    largest = max(1.0, *(float(np.abs(plane).max()) for plane in planes))
    if largest > np.iinfo(np.int32).max:
        raise DicomError(
            f"{file_label(path)} holds values beyond 0 to {MAX_SEGMENT_NUMBER}: it is not a label "
            "map."
        )
    labels = np.empty(values.shape, np.int32)
    rounded = np.moveaxis(labels, int(np.argmax(np.abs(values.strides))), 0)
    for plane, whole in zip(planes, rounded, strict=True):
        whole[...] = np.rint(plane)
        if not np.allclose(whole, plane, rtol=0, atol=_SCALING_ERROR * largest):
            raise DicomError(f"{file_label(path)} holds fractions: it is not a label map.")
    return labels


def _resampling_cautions(labels: np.ndarray, placed: np.ndarray) -> Iterator[str]:
    yield "The label map lies on another grid and was resampled: each pixel took the nearest voxel."
    lost = sorted(set(np.unique(labels).tolist()) - set(np.unique(placed).tolist()) - {0})
    if lost:
        yield f"Nothing of these values is on the slices: {', '.join(map(str, lost))}."


def _names(image: Any) -> dict[int, str]:
    """Read "1 Liver" lines of the comments in the header."""
    names: dict[int, str] = {}
    for extension in getattr(image.header, "extensions", ()):
        if extension.get_code() != COMMENT_CODE:
            continue
        content = extension.get_content()
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
        for line in text.rstrip("\0").splitlines():
            if match := _NAME_LINE.fullmatch(line.strip()):
                names.setdefault(int(match[1]), match[2])
    return names


def _segment(number: int, names: dict[int, str]) -> Segment:
    label = segment_label(names.get(number, ""), number)
    term = next(
        (term for term in search(label, 1) if term.label.lower() == label.lower()),
        AnatomyTerm(CATEGORIES["tissue"], UNKNOWN_TYPE),
    )
    return Segment(
        number,
        label,
        default_color(number),
        term.category,
        term.type,
        type_modifier=term.modifier,
    )
