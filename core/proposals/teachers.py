"""Annotated series that teach others: what is known of them, and where their structures are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.proposals.examples import SegmentExamples
from core.segments.ends import UNSTATED
from core.segments.matching import matched_numbers
from core.segments.segment import Segment

_SAME_AXIS = 0.7
"""Cosine from which two directions are those of the same axis."""


@dataclass(frozen=True, eq=False)
class ReferenceSeries:
    """An annotated series to learn from.

    Attributes
    ----------
    volume : np.ndarray
        [slice, row, column] in modality units.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    modality : str
        As `core.proposals.intensity.prepare` takes it.
    segments : tuple of SegmentExamples
        What a person confirmed. Slices between or beyond the examples of a segment are unknown;
        an empty mask says that the structure is not there.
    axes : np.ndarray or None
        Directions in the patient along which slices, rows and columns are counted: unit vectors,
        float [3, 3]; None where they are unknown.
    """

    volume: np.ndarray
    spacing: tuple[float, float, float]
    modality: str
    segments: tuple[SegmentExamples, ...]
    axes: np.ndarray | None = None

    def turned_to(self, axes: np.ndarray | None) -> "ReferenceSeries":
        """Count slices, rows and columns in the directions of another series of the same plane.

        Parameters
        ----------
        axes : np.ndarray or None
            Those of the other series, as `axes`.

        Returns
        -------
        ReferenceSeries
            The same where the plane is another one or anything is unknown.
        """
        if axes is None or self.axes is None:
            return self
        cosines = np.sum(self.axes * axes, axis=1)
        turned = tuple(int(axis) for axis in np.flatnonzero(cosines < 0))
        if not turned or not is_same_plane(self.axes, axes):
            return self
        last = len(self.volume) - 1
        in_plane = tuple(axis - 1 for axis in turned if axis > 0)
        segments = tuple(
            replace(
                segment,
                masks={
                    (last - index if 0 in turned else index): np.ascontiguousarray(
                        np.flip(mask, in_plane)
                    )
                    for index, mask in segment.masks.items()
                },
                ends=UNSTATED,
            )
            for segment in self.segments
        )
        return replace(
            self,
            volume=np.ascontiguousarray(np.flip(self.volume, turned)),
            segments=segments,
            axes=axes,
        )


@dataclass(frozen=True, eq=False)
class Teachers:
    """Annotated series from which others are proposed where nothing is drawn on them.

    Attributes
    ----------
    references : tuple of ReferenceSeries
        Their pixels and examples.
    segments : tuple of Segment
        What the examples show, by the same numbers.
    series_uids : tuple of str
        SeriesInstanceUID (0020,000E) of each.
    """

    references: tuple[ReferenceSeries, ...]
    segments: tuple[Segment, ...]
    series_uids: tuple[str, ...]


def is_same_plane(axes: np.ndarray | None, others: np.ndarray | None) -> bool:
    """Whether two series, as far as their directions are known, are cut in the same plane.

    Parameters
    ----------
    axes, others : np.ndarray or None
        As `ReferenceSeries.axes`.
    """
    if axes is None or others is None:
        return True
    return bool(np.abs(np.sum(axes * others, axis=1)).min() >= _SAME_AXIS)


def check_teachers(
    teachers: Sequence[ReferenceSeries], modality: str, axes: np.ndarray | None
) -> None:
    """Refuse teachers of another modality or plane than the series that they are to teach.

    Parameters
    ----------
    teachers : sequence of ReferenceSeries
        The teachers.
    modality : str
        Of the other series.
    axes : np.ndarray or None
        Of the other series, as `ReferenceSeries.axes`.

    Raises
    ------
    ValueError
        If one cannot teach it.
    """
    for teacher in teachers:
        if modality != teacher.modality:
            raise ValueError(
                f"The teacher is {teacher.modality}, this series is {modality}; choose a "
                "teacher of the same kind."
            )
        if not is_same_plane(teacher.axes, axes):
            raise ValueError(
                "The slices of the teacher lie in another plane than those of this series; choose "
                "a teacher of the same plane."
            )


def teachers_showing(
    series: Sequence[tuple[ReferenceSeries, str]], segments: Sequence[Segment]
) -> Teachers:
    """Make teachers of annotated series, with the segments that one of them shows.

    Parameters
    ----------
    series : sequence of (ReferenceSeries, str)
        Each with its SeriesInstanceUID (0020,000E).
    segments : sequence of Segment
        Perhaps more than these show, by the same numbers.

    Returns
    -------
    Teachers
        Perhaps without any series.
    """
    shown = {one.number for reference, _ in series for one in reference.segments}
    return Teachers(
        tuple(reference for reference, _ in series),
        tuple(segment for segment in segments if segment.number in shown),
        tuple(uid for _, uid in series),
    )


def teachers_for(teachers: Teachers, uid: str, modality: str, axes: np.ndarray | None) -> Teachers:
    """Choose those teachers that can teach a series: of its modality and plane, and not itself.

    Parameters
    ----------
    teachers : Teachers
        Of any kind.
    uid, modality : str
        Series Instance UID and modality of the series.
    axes : np.ndarray or None
        Of the series, as `ReferenceSeries.axes`.

    Returns
    -------
    Teachers
        Perhaps none, and the segments that they show.
    """
    others = [
        (reference, other)
        for reference, other in zip(teachers.references, teachers.series_uids, strict=True)
        if other != uid and reference.modality == modality and is_same_plane(reference.axes, axes)
    ]
    return teachers_showing(others, teachers.segments)


def joined_teachers(first: Teachers, second: Teachers) -> Teachers:
    """Put teachers together, with the same number for the same structure.

    Parameters
    ----------
    first : Teachers
        Whose numbers are kept.
    second : Teachers
        Further ones.

    Returns
    -------
    Teachers
        All of them.
    """
    added = numbered_like(first.segments, second)
    known = {one.number for one in first.segments}
    return Teachers(
        first.references + added.references,
        first.segments + tuple(one for one in added.segments if one.number not in known),
        first.series_uids + added.series_uids,
    )


def numbered_like(known: Sequence[Segment], teachers: Teachers) -> Teachers:
    """Number what is taught as known segments are, and what is none of these by free numbers.

    Parameters
    ----------
    known : sequence of Segment
        Whose numbers are kept.
    teachers : Teachers
        With numbers of their own.

    Returns
    -------
    Teachers
        The same with other numbers.
    """
    numbers = matched_numbers(known, teachers.segments)
    references = tuple(
        replace(
            reference,
            segments=tuple(replace(one, number=numbers[one.number]) for one in reference.segments),
        )
        for reference in teachers.references
    )
    segments = tuple(replace(one, number=numbers[one.number]) for one in teachers.segments)
    return replace(teachers, references=references, segments=segments)


def beyond_examples(masks: Mapping[int, np.ndarray], slices: int) -> list[int]:
    """List the slices so far beyond the examples that the structure is taken to be absent.

    Parameters
    ----------
    masks : mapping of int to np.ndarray
        Slice index to bool [row, column], none empty.
    slices : int
        Slices of the series.

    Returns
    -------
    list of int
        Those farther from the outermost example than any two neighbouring ones are apart.
    """
    known = sorted(masks)
    gap = max((above - below for below, above in pairwise(known)), default=1)
    return [i for i in range(slices) if i < known[0] - gap or i > known[-1] + gap]


def examples_with_absence(
    masks: Mapping[int, np.ndarray], shape: Sequence[int]
) -> dict[int, np.ndarray]:
    """Add empty masks where the structure is taken to be absent (`beyond_examples`).

    Parameters
    ----------
    masks : mapping of int to np.ndarray
        Slice index to bool [row, column], none empty.
    shape : sequence of int
        Slices, rows and columns of the series.

    Returns
    -------
    dict of int to np.ndarray
        As `SegmentExamples` takes them.
    """
    nothing = np.zeros(tuple(shape[1:]), bool)
    return {**dict.fromkeys(beyond_examples(masks, shape[0]), nothing), **masks}
