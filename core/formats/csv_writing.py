"""Areas and volumes of segments, as a table for spreadsheets (CSV)."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.dicom.errors import DicomError
from core.dicom.series import Series, SeriesSummary
from core.home.whole_files import written_whole
from core.segments.segment_masks import SegmentMasks
from core.segments.spreadsheet_text import without_formula

COLUMNS = ("segment", "label", "slice", "position_mm", "pixels", "area_mm2", "volume_ml")
"""Head of the table. Slices count from 1, as on the screen."""

TOTAL = "all"
"""Stands for the slice in the last row of each segment."""


def write_measurements(
    series: Series | SeriesSummary, segments: Sequence[SegmentMasks], path: Path
) -> None:
    """Write area (mm²) and volume (ml) of each segment on each slice, and in all.

    A slice counts as thick as it reaches towards its neighbours (`Geometry.slice_reach`). Where the
    files do not say how large a pixel is, there are pixels only.

    Parameters
    ----------
    series : Series or SeriesSummary
        What was annotated.
    segments : sequence of SegmentMasks
        At least one.
    path : pathlib.Path
        Where to write CSV, UTF-8 with a byte order mark, which spreadsheets ask for.

    Raises
    ------
    DicomError
        When there is nothing to write, or `path` cannot be written.
    """
    summary = series.summary if isinstance(series, Series) else series
    if not segments:
        raise DicomError("There is no segment to export; draw one first.")
    with written_whole(path) as unfinished, unfinished.open("w", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for masks in sorted(segments, key=lambda masks: masks.segment.number):
            table.writerows(_rows(masks, summary))


def _rows(masks: SegmentMasks, summary: SeriesSummary) -> Iterator[tuple[object, ...]]:
    geometry = summary.geometry
    name = masks.segment.number, without_formula(masks.segment.label)
    mm2 = geometry.pixel_spacing[0] * geometry.pixel_spacing[1]
    ml = mm2 * geometry.slice_reach.sum(axis=1) / 1000
    counts = {index: int(mask.sum()) for index, mask in sorted(masks.masks.items())}
    for index, pixels in counts.items():
        if not geometry.in_patient:
            yield (*name, index + 1, "", pixels, "", "")
            continue
        position = float(geometry.positions[index] @ geometry.normal)
        yield (
            *name,
            index + 1,
            f"{position:.3f}",
            pixels,
            f"{pixels * mm2:.3f}",
            f"{pixels * ml[index]:.6f}" if geometry.measures_volume else "",
        )
    total = sum(counts.values())
    volume = sum(pixels * float(ml[index]) for index, pixels in counts.items())
    in_ml = f"{volume:.6f}" if geometry.measures_volume else ""
    yield (*name, TOTAL, "", total, "", in_ml)
