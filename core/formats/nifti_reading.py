"""Reading label maps in NIfTI-1 onto the series they were drawn on, with nibabel."""

import gzip
import re
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from core.dicom.errors import DicomError
from core.dicom.files import file_label
from core.dicom.series import Series, SeriesSummary
from core.formats.codes import UNKNOWN_TYPE
from core.formats.nifti_writing import COMMENT_CODE, check_even, ras_affine
from core.formats.segment_descriptions import segment_label
from core.segments.anatomy import CATEGORIES, AnatomyTerm, search
from core.segments.segment import MAX_SEGMENT_NUMBER, Segment, default_color
from core.segments.segment_masks import SegmentMasks

# Affines are stored in single precision, and programs round them further.
_STEP_TOLERANCE = 0.02
_PLACE_TOLERANCE = 0.25

# Scaling factors are stored in single precision, which moves whole numbers by this share.
_SCALING_ERROR = float(np.finfo(np.float32).eps)

_NAME_LINE = re.compile(r"(\d{1,5}) (.+)")


def read_nifti(path: Path, series: Series | SeriesSummary) -> list[SegmentMasks]:
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

    Returns
    -------
    list of SegmentMasks
        In the order of the values; SEMIAUTOMATIC, for nobody knows how they came about.

    Raises
    ------
    DicomError
        When the file is no label map, is damaged or empty, or lies on another grid, or when
        the slices do not lie in even steps.
    """
    summary = series.summary if isinstance(series, Series) else series
    check_even(summary.geometry)
    image, labels = _load(path, summary)
    numbers = [int(number) for number in np.unique(labels) if number]
    if not numbers:
        raise DicomError(f"{file_label(path)} marks no voxel.")
    if numbers[0] < 0 or numbers[-1] > MAX_SEGMENT_NUMBER:
        raise DicomError(
            f"{file_label(path)} holds values beyond 0 to {MAX_SEGMENT_NUMBER}: it is not a label "
            "map."
        )
    names = _names(image)
    found = []
    for number in numbers:
        present = labels == number
        masks = {int(index): present[index] for index in np.flatnonzero(present.any(axis=(1, 2)))}
        found.append(SegmentMasks(_segment(number, names), masks, "SEMIAUTOMATIC"))
    return found


def _load(path: Path, summary: SeriesSummary) -> tuple[Any, np.ndarray]:
    """Return the image, and its voxels as [slice, row, column] of the series."""
    try:
        # Not mapped into memory: a file that shrinks meanwhile would end the process.
        image: Any = nib.load(path, mmap=False)
        shape = tuple(int(side) for side in image.shape)
        order = _axis_order(image.affine, shape, summary)
        if order is None:
            raise DicomError(
                f"{file_label(path)} lies on another grid than the series: voxels of "
                f"{' × '.join(map(str, shape))} instead of {summary.columns} × {summary.rows} × "
                f"{summary.slices}, or at other places; resample it first."
            )
        axes, flips = order
        values = np.asanyarray(image.dataobj).reshape(shape[:3])
    except DicomError:
        raise
    except OSError as error:
        reason = error.strerror
        if reason is None or isinstance(error, gzip.BadGzipFile):
            raise DicomError(f"{file_label(path)} is damaged; create it again.") from error
        raise DicomError(f"{file_label(path)} cannot be opened: {reason}.") from error
    except Exception as error:  # a damaged header can make the parser raise nearly anything
        raise DicomError(f"{file_label(path)} is not a NIfTI file, or it is damaged.") from error
    if not np.isfinite(values).all():
        raise DicomError(
            f"{file_label(path)} holds values that are no numbers: it is no label map."
        )
    labels = np.rint(values).astype(np.int64)
    largest = max(1.0, float(np.abs(values).max()))
    if not np.allclose(labels, values, rtol=0, atol=_SCALING_ERROR * largest):
        raise DicomError(f"{file_label(path)} holds fractions: it is not a label map.")
    columns_rows_slices = np.flip(
        labels.transpose(axes), tuple(axis for axis in range(3) if flips[axis])
    )
    return image, columns_rows_slices.transpose(2, 1, 0)


def _axis_order(
    affine: np.ndarray, shape: tuple[int, ...], summary: SeriesSummary
) -> tuple[list[int], list[bool]] | None:
    """Find which axis of the file is column, row and slice, and which run backwards.

    Returns
    -------
    tuple or None
        None where the voxels do not lie where the pixels do.
    """
    wanted = (summary.columns, summary.rows, summary.slices)
    if len(shape) < 3 or any(side != 1 for side in shape[3:]) or not np.isfinite(affine).all():
        return None
    to_series = np.linalg.inv(ras_affine(summary.geometry)) @ affine
    axes = [int(axis) for axis in np.abs(to_series[:3, :3]).argmax(axis=1)]
    if sorted(axes) != [0, 1, 2] or tuple(shape[axis] for axis in axes) != wanted:
        return None
    steps = [to_series[row, axis] for row, axis in enumerate(axes)]
    ideal = np.zeros((3, 3))
    for row, axis in enumerate(axes):
        ideal[row, axis] = np.sign(steps[row])
    flips = [step < 0 for step in steps]
    first = [wanted[row] - 1.0 if flips[row] else 0.0 for row in range(3)]
    # An axis of length 1 may have any step.
    counted = [axis for axis in range(3) if shape[axis] > 1]
    fits = np.allclose(to_series[:3, counted], ideal[:, counted], atol=_STEP_TOLERANCE)
    last = to_series @ [*(side - 1 for side in shape[:3]), 1]
    expected = [wanted[row] - 1 - first[row] for row in range(3)]
    if not (
        fits
        and np.allclose(to_series[:3, 3], first, atol=_PLACE_TOLERANCE)
        and np.allclose(last[:3], expected, atol=_PLACE_TOLERANCE)
    ):
        return None
    return axes, flips


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
        number, label, default_color(number), term.category, term.type, True, term.modifier
    )
