"""What the store takes and returns, and the reasons for which it refuses."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from core.annotation.run_length import decode_runs
from core.annotation.states import SliceState
from core.segments.ends import UNSTATED, End, Ends


class StoreError(ValueError):
    """The store cannot do what was asked; the message says why in one sentence."""


class StoreBusy(StoreError):
    """Somebody else is writing for longer than this can wait; trying again later will do."""


class StoreUnavailable(StoreBusy):
    """Disk or server do not take anything for now; trying again when they are back will do."""


class StoreDamaged(StoreError):
    """What the store holds is not what was written."""


class SegmentGone(StoreError):
    """A segment is not there, or was removed."""


class ClearRefused(StoreError):
    """A mask with pixels would have been replaced by one without, and nobody asked for that."""


class ExampleProtected(StoreError):
    """A proposal would have replaced what a person drew or confirmed."""


class MessageReused(StoreError):
    """A message carries the client and sequence number of an earlier, different one."""


class BeyondEnds(StoreError):
    """A proposal lies where a person stated that the segment is not."""


class EndChanged(StoreError):
    """Somebody else has stated an end since the version that a statement was based on."""


class VersionConflict(Exception):
    """A slice has changed since the version that a change was based on.

    Attributes
    ----------
    segment_number, slice_index : int
        The slice in conflict.
    based_on : int
        Version the change was based on.
    stored : int
        Newest version in the store.
    """

    def __init__(self, segment_number: int, slice_index: int, based_on: int, stored: int) -> None:
        super().__init__(
            "This slice was changed in another window. Load it again before changing it."
        )
        self.segment_number = segment_number
        self.slice_index = slice_index
        self.based_on = based_on
        self.stored = stored


class MessageKey(NamedTuple):
    """Names one message of one client, so that sending it again changes nothing.

    Attributes
    ----------
    client : str
        Names the sender, such as one browser tab; at most 64 characters.
    sequence : int
        Counted up by the sender.
    """

    client: str
    sequence: int


@dataclass(frozen=True)
class StepTaken:
    """A step of work that can be taken back or brought back.

    Attributes
    ----------
    action : str
        Name of the step, shown beside "undo".
    message : MessageKey or None
        The message that asked for it.
    """

    action: str
    message: MessageKey | None


class NextSteps(NamedTuple):
    """What a person's next undo takes back and next redo brings back; None where nothing."""

    undo: StepTaken | None
    redo: StepTaken | None


@dataclass(frozen=True)
class StatedEnds:
    """What people have stated of a segment's ends.

    Attributes
    ----------
    ends : Ends
        The slices; None where an end is not stated, or not any more.
    first_version, last_version : int
        Counted from 1 for each end; 0 for one that was never stated.
    """

    ends: Ends = UNSTATED
    first_version: int = 0
    last_version: int = 0

    def version(self, end: End) -> int:
        """Version of one of the ends."""
        return self.first_version if end is End.FIRST else self.last_version


@dataclass(frozen=True)
class MaskChange:
    """A new mask for one segment on one slice.

    Attributes
    ----------
    segment_number : int
        Segment, counted from 1.
    slice_index : int
        Slice, counted from 0 along the normal.
    mask : numpy.ndarray or None
        Bool [rows, columns]; None for no pixels.
    state : SliceState
        State of the slice from now on; a mask without pixels makes it ``EMPTY`` unless it is
        ``CONFIRMED_EMPTY``.
    based_on : int
        Version the change was made from, 0 for a slice without any.
    expected_dice : float or None
        Expected quality of a proposal, 0 to 1.
    weights : str or None
        Name of the weights that took part.
    teachers : tuple of str
        Series Instance UIDs of the other series that a proposal was made from.
    allow_clear : bool
        Whether a mask with pixels may be replaced by one without.
    drawn_on : numpy.ndarray or None
        Mask that a person changed, bool [rows, columns], where it is another than the newest one.
    """

    segment_number: int
    slice_index: int
    mask: NDArray[np.bool_] | None
    state: SliceState
    based_on: int
    expected_dice: float | None = None
    weights: str | None = None
    teachers: tuple[str, ...] = ()
    allow_clear: bool = False
    drawn_on: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class SliceAnnotation:
    """The newest version of one segment on one slice.

    Attributes
    ----------
    segment_number : int
        Segment, counted from 1.
    slice_index : int
        Slice, counted from 0 along the normal.
    shape : tuple of int
        Rows and columns.
    state : SliceState
        State of the slice for the segment.
    version : int
        Counted from 1; 0 where nothing was ever stored.
    runs : bytes or None
        Run-length code of the mask; None without pixels.
    pixels : int
        Number of pixels in the mask.
    expected_dice : float or None
        Expected quality of the proposal behind it, 0 to 1.
    person, tool : str
        Who made this version and with what; blank for version 0.
    weights : str or None
        Name of the weights that took part.
    teachers : tuple of str
        Series Instance UIDs of the other series that the proposal behind it was made from.
    time : datetime.datetime or None
        When it was stored, in UTC; None for version 0.
    """

    segment_number: int
    slice_index: int
    shape: tuple[int, int]
    state: SliceState = SliceState.EMPTY
    version: int = 0
    runs: bytes | None = None
    pixels: int = 0
    expected_dice: float | None = None
    person: str = ""
    tool: str = ""
    weights: str | None = None
    teachers: tuple[str, ...] = ()
    time: datetime | None = None

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """Bool [rows, columns], decoded on first use; read-only because it is shared."""
        if self.runs is None:
            mask = np.zeros(self.shape, dtype=np.bool_)
        else:
            try:
                mask = decode_runs(self.runs, self.shape)
            except ValueError as error:
                raise StoreDamaged(
                    f"The mask of segment {self.segment_number} on slice {self.slice_index + 1} "
                    "does not fit its series; restore the annotation store from a backup."
                ) from error
        mask.setflags(write=False)
        return mask


class Guard(Protocol):
    """Decides within each transaction of a store whether it may go on; raises StoreError if not."""

    def before_reading(self, connection: Connection, annotation_key: str) -> None:
        """Refuse to read an annotation, or not."""

    def before_changing(self, connection: Connection, annotation_key: str) -> None:
        """Refuse to change an annotation, or not."""
