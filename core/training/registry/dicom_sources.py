"""Finding DICOM series with segmentations."""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.dicom.errors import DicomError
from core.dicom.files import items_of, open_header, text_of
from core.dicom.reading import look_through, read_series
from core.dicom.series import SeriesSummary
from core.formats.nifti_writing import ras_affine
from core.formats.segmentation_reading import read_segmentation
from core.segments.segment_masks import SegmentMasks
from core.training.registry.scans import FoundScan, LabelledScan, Structure


def find_segmented_series(folder: Path, data_set: str) -> list[FoundScan]:
    """Find the segmentations of a folder and the series they belong to.

    Every segmentation gives a scan of its own, also where two belong to one series.

    Parameters
    ----------
    folder : Path
        Where to look, through all levels.
    data_set : str
        Name of the data set.

    Returns
    -------
    list of FoundScan
        In the order of the segmentations' names.

    Raises
    ------
    ValueError
        If nothing is found.
    """
    findings = look_through(folder)
    found = []
    for skipped in findings.skipped:
        referenced = _referenced_series(skipped.path) if skipped.is_dicom else None
        found += [
            FoundScan(
                data_set=data_set,
                # A series that names no patient is taken for one of somebody else.
                patient=summary.patient_id or summary.patient_name or summary.study_uid,
                name=f"{summary.uid} {skipped.path.relative_to(folder).as_posix()}",
                files=(*summary.files, skipped.path),
                read=partial(_read, summary, skipped.path),
            )
            for summary in findings.series
            if summary.series_instance_uid == referenced
        ]
    if not found:
        raise ValueError(
            f"{folder} holds neither NIfTI files nor a DICOM segmentation of a series beside it "
            f"({len(findings.series)} series, {len(findings.skipped)} other files)"
        )
    return found


def _referenced_series(path: Path) -> str | None:
    """Read the UID of the series that a segmentation belongs to; None for anything else."""
    try:
        header, _ = open_header(path, ("Modality", "ReferencedSeriesSequence"))
    except DicomError:
        return None
    items = items_of(header, "ReferencedSeriesSequence")
    if text_of(header, "Modality") != "SEG" or not len(items):
        return None
    return text_of(items[0], "SeriesInstanceUID")


def _read(summary: SeriesSummary, segmentation: Path) -> LabelledScan:
    """Read a series and its segmentation, axes (column, row, slice)."""
    series = read_series(summary)
    return LabelledScan(
        image=series.volume.transpose(2, 1, 0),
        affine=ras_affine(series.geometry),
        across=2,
        modality=summary.kind_of_values,
        structures={
            masks.segment.label: Structure(
                partial(_mask, masks, series.volume.shape), everywhere=_has_no_gap(masks)
            )
            for masks in read_segmentation(segmentation, summary)
            if masks.masks
        },
    )


def _mask(masks: SegmentMasks, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Put the masks of a segment on the grid of its series, axes (column, row, slice)."""
    volume = np.zeros(shape, bool)
    for index, mask in masks.masks.items():
        volume[index] = mask
    return volume.transpose(2, 1, 0)


def _has_no_gap(masks: SegmentMasks) -> bool:
    """Tell a structure outlined on all its slices from one drawn on a few of them."""
    return max(masks.masks) - min(masks.masks) + 1 == len(masks.masks)
