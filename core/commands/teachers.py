"""Reading teachers: annotated series that others are proposed from."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.commands.cautions import print_cautions
from core.commands.choice import choose_series
from core.commands.drawn_segments import read_drawn_segments
from core.dicom.errors import DicomError
from core.dicom.reading import read_series
from core.segments.matching import matched_numbers
from core.segments.segment import Segment

if TYPE_CHECKING:
    from core.proposals.teachers import ReferenceSeries, Teachers


def read_teachers(
    given: Sequence[Sequence[Path]],
    uids: Sequence[str] | None = None,
    *,
    allow_same_frame: bool = False,
) -> "Teachers":
    """Read annotated series, with the same number for the same structure in all of them.

    Parameters
    ----------
    given : sequence of (Path, Path)
        The images and the segmentation of every teacher.
    uids : sequence of str, optional
        Which series of each teacher, where their paths hold several.
    allow_same_frame : bool
        Whether a segmentation may be of another series in the same frame of reference.

    Returns
    -------
    Teachers
        Numbered from 1 without gaps.

    Raises
    ------
    DicomError, OSError
        If something cannot be read, a segmentation marks no pixel, or a series is given twice.
    """
    from core.proposals.teachers import Teachers
    from core.stored_proposals.teaching import reference_series

    if uids and len(uids) != len(given):
        raise DicomError(
            "--teacher-series chooses a series of every --teacher; give as many of both, in the "
            "same order."
        )
    segments: list[Segment] = []
    references: list[ReferenceSeries] = []
    series_uids: list[str] = []
    for place, (path, segmentation) in enumerate(given):
        uid = uids[place] if uids else None
        series = read_series(choose_series(path, uid, "--teacher-series"))
        print_cautions(series.summary.problems)
        if series.summary.uid in series_uids:
            raise DicomError(
                f"{path} holds a series that is a --teacher already; name every teacher once."
            )
        series_uids.append(series.summary.uid)
        masks = read_drawn_segments(
            segmentation,
            series,
            allow_same_frame=allow_same_frame,
            otherwise="choose another teacher",
        )
        numbers = matched_numbers(segments, [one.segment for one in masks])
        known = {one.number for one in segments}
        for one in masks:
            if numbers[one.segment.number] not in known:
                segments.append(replace(one.segment, number=numbers[one.segment.number]))
        shown: dict[int, tuple[Segment, dict[int, np.ndarray]]] = {}
        for one in masks:
            # Of two segments of one name, the first is taught.
            number = numbers[one.segment.number]
            shown.setdefault(number, (replace(one.segment, number=number), dict(one.masks)))
        references.append(reference_series(series, list(shown.values())))
    print_cautions(_shown_by_some(references, segments))
    return Teachers(tuple(references), tuple(segments), tuple(series_uids))


def _shown_by_some(
    references: Sequence["ReferenceSeries"], segments: Sequence[Segment]
) -> Iterator[str]:
    """Say which segments not all teachers show: their names may differ by mistake."""
    for segment in segments:
        shown = sum(segment.number in {one.number for one in by.segments} for by in references)
        if shown < len(references):
            yield (
                f'Only {shown} of {len(references)} teachers show "{segment.label}"; if others do '
                "by another name or code, give it the same ones there."
            )
