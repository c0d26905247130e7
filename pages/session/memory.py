"""What one browser tab remembers of the series it shows, typed."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.dicom.progressive import SeriesReading
from core.home.opened_series import OpenedSeries
from core.home.segment_display import SegmentDisplay

Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class SecondSeries:
    """The series shown beside the slice.

    Attributes
    ----------
    opened : OpenedSeries
        Key and location.
    reading : SeriesReading
        In the background; it may not have ended.
    """

    opened: OpenedSeries
    reading: SeriesReading


@dataclass(eq=False)
class PageMemory:
    """What a tab remembers of its series from one run to the next.

    An object of our own, because every use of Streamlit's session state may end a run halfway
    in favour of the next one: what a click or a stroke has begun must be finished first.

    Attributes
    ----------
    series_key : str
        Key of the series that all of this is about.
    segment : int or None
        Number of the segment chosen.
    slice_index : int or None
        Slice chosen.
    tool : str or None
        Tool chosen in the slice editor.
    window : (str, float, float) or None
        Name, centre and width of the window chosen there.
    segments : SegmentDisplay
        How the segments are shown there.
    second : SecondSeries or None
        Series shown beside the slice.
    postponed : list of (int, int)
        Segment number and slice index of the proposals put off in the review.
    """

    series_key: str
    segment: int | None = None
    slice_index: int | None = None
    tool: str | None = None
    window: tuple[str, float, float] | None = None
    segments: SegmentDisplay = field(default_factory=SegmentDisplay)
    second: SecondSeries | None = None
    postponed: list[tuple[int, int]] = field(default_factory=list)
    _parts: dict[type[Any], Any] = field(default_factory=dict)

    def part(self, kind: type[Part]) -> Part:
        """Memory that a module keeps for itself, made on first use.

        Parameters
        ----------
        kind : type
            A dataclass with a default for every field, defined in the module that uses it.

        Returns
        -------
        object of type `kind`
            The same one until it is forgotten.
        """
        if kind not in self._parts:
            self._parts[kind] = kind()
        part: Part = self._parts[kind]
        return part

    def forget(self, kind: type[Any]) -> None:
        """Drop what a module kept under `part`."""
        self._parts.pop(kind, None)
