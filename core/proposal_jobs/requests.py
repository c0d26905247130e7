"""What is asked for, as plain data that can be sent anywhere, and the pixels that it names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from core.proposal_jobs.packed_masks import PackedMask, packed
from core.proposal_jobs.volumes import Volume, digest_of
from core.proposals.adapted_network import AdaptedNetwork
from core.proposals.examples import SegmentExamples
from core.proposals.taught import TaughtSegment
from core.segments.ends import Ends


@dataclass(frozen=True)
class SeriesData:
    """A series: its pixels by name.

    Attributes
    ----------
    volume : str
        Digest of its pixels; see `core.proposal_jobs.volumes.digest_of`.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    modality : str
        As `core.proposals.intensity.prepare` takes it.
    axes : tuple of tuple of float, optional
        Directions along which slices, rows and columns are counted, as
        `core.proposals.teachers.ReferenceSeries.axes`.
    """

    volume: str
    spacing: tuple[float, float, float]
    modality: str
    axes: tuple[tuple[float, float, float], ...] | None = None


@dataclass(frozen=True)
class SegmentData:
    """What a person drew or confirmed of a segment.

    Attributes
    ----------
    number : int
        Segment number.
    masks : dict of int to PackedMask
        By slice index.
    ends : Ends
        As they are stated.
    accepted : tuple of int
        Slices whose mask was proposed and accepted as it was.
    """

    number: int
    masks: dict[int, PackedMask]
    ends: Ends = field(default_factory=Ends)
    accepted: tuple[int, ...] = ()

    def examples(self) -> SegmentExamples:
        """Unpack them.

        Raises
        ------
        ValueError
            If a mask is damaged.
        """
        masks = {index: mask.unpacked() for index, mask in self.masks.items()}
        return SegmentExamples(self.number, masks, self.ends, frozenset(self.accepted))


@dataclass(frozen=True)
class TaughtData:
    """What was proposed of a segment from other series.

    Attributes
    ----------
    number : int
        Segment number.
    masks : dict of int to PackedMask
        By slice index; where there is none, the structure was not found.
    expected : dict of int to float
        Dice to expect of them by slice index, as far as it is known.
    """

    number: int
    masks: dict[int, PackedMask]
    expected: dict[int, float]

    def segment(self) -> TaughtSegment:
        """Unpack it.

        Raises
        ------
        ValueError
            If a mask is damaged.
        """
        masks = {index: mask.unpacked() for index, mask in self.masks.items()}
        return TaughtSegment(self.number, masks, self.expected)


@dataclass(frozen=True)
class Hints:
    """Strokes that hint at how a slice is to be corrected.

    Attributes
    ----------
    slice : int
        Slice index.
    mask, added, removed : PackedMask
        The mask to correct, and what strokes marked as inside and as outside.
    """

    slice: int
    mask: PackedMask
    added: PackedMask
    removed: PackedMask


@dataclass(frozen=True)
class Teacher:
    """An annotated series from which another one is proposed.

    Attributes
    ----------
    series : SeriesData
        The annotated series.
    segments : tuple of SegmentData
        What was confirmed there.
    """

    series: SeriesData
    segments: tuple[SegmentData, ...]


@dataclass(frozen=True)
class ProposalRequest:
    """What proposals are asked for.

    Attributes
    ----------
    person : str
        Who asks; people share the time.
    slices_asked : int
        About how many slices of segments; few go before many, and 0 stands for hints.
    series : SeriesData
        What is proposed on.
    segments : tuple of SegmentData
        The examples on it.
    exclusive : tuple of int
        Numbers of the segments that do not overlap one another.
    wanted : tuple of int, optional
        Numbers of the segments to propose; all by default.
    slices : tuple of int, optional
        Slices to propose; all by default.
    hints : Hints, optional
        Only correct this slice of the one segment that is given.
    teachers : tuple of Teacher
        Propose from these series, if any, and not from examples on the series itself.
    adapting : bool
        Adapt the network to these series before, where that was not done yet.
    learning_steps : int
        Have a network learn from these series how drawn slices are completed, by so many gradient
        steps, and tell it, instead of proposing; 0 for proposals.
    taught : tuple of TaughtData
        What was proposed from other series before, to be heard beside the examples.
    adapted : AdaptedNetwork, optional
        A network that learned from other series, to be asked beside the usual one.
    """

    person: str
    slices_asked: int
    series: SeriesData
    segments: tuple[SegmentData, ...] = ()
    exclusive: tuple[int, ...] = ()
    wanted: tuple[int, ...] | None = None
    slices: tuple[int, ...] | None = None
    hints: Hints | None = None
    teachers: tuple[Teacher, ...] = ()
    adapting: bool = False
    learning_steps: int = 0
    taught: tuple[TaughtData, ...] = ()
    adapted: AdaptedNetwork | None = None

    @property
    def volumes(self) -> tuple[str, ...]:
        """Digests of all volumes that are needed."""
        return (self.series.volume, *(one.series.volume for one in self.teachers))

    def to_json(self) -> bytes:
        """Write it; `request_from_json` reads it."""
        return _adapter().dump_json(self)


@dataclass(frozen=True, eq=False)
class ProposalTask:
    """A request with the pixels that it names.

    Attributes
    ----------
    request : ProposalRequest
        Plain data.
    volumes : mapping of str to numpy.ndarray
        By digest: [slice, row, column] in modality units.
    """

    request: ProposalRequest
    volumes: Mapping[str, Volume]


def request_from_json(text: bytes) -> ProposalRequest:
    """Read a request that may come from elsewhere.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        # The places alone: values may be anything.
        places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:3])
        raise ValueError(f"This is no request for proposals: {places or 'not JSON'}.") from None


def series_data(
    volume: Volume,
    spacing: tuple[float, float, float],
    modality: str,
    axes: NDArray[np.floating] | None = None,
) -> SeriesData:
    """Name a series by its pixels."""
    slices, rows, columns = (float(one) for one in spacing)
    directions = None
    if axes is not None:
        directions = tuple((float(z), float(y), float(x)) for z, y, x in axes)
    return SeriesData(digest_of(volume), (slices, rows, columns), modality, directions)


def segment_data(segments: Sequence[SegmentExamples]) -> tuple[SegmentData, ...]:
    """Pack examples."""
    return tuple(
        SegmentData(
            one.number,
            {int(index): packed(mask) for index, mask in one.masks.items()},
            one.ends,
            tuple(sorted(map(int, one.accepted))),
        )
        for one in segments
    )


def taught_data(segments: Sequence[TaughtSegment]) -> tuple[TaughtData, ...]:
    """Pack what was proposed from other series."""
    return tuple(
        TaughtData(
            one.number,
            {int(index): packed(mask) for index, mask in one.masks.items()},
            {int(index): float(dice) for index, dice in one.expected.items()},
        )
        for one in segments
    )


@cache
def _adapter() -> TypeAdapter[ProposalRequest]:
    return TypeAdapter(ProposalRequest)
