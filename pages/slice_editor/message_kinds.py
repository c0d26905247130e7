"""What people do in the editor, as the messages of the browser say it, checked."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.annotation.run_length import decode_runs
from core.segments.ends import End


@dataclass(frozen=True)
class CodedMask:
    """A mask as it travels, checked: a few bytes may stand for many pixels.

    Attributes
    ----------
    code : bytes
        See `core.annotation.run_length`.
    shape : tuple of int
        Rows and columns.
    """

    code: bytes
    shape: tuple[int, int]

    def decoded(self) -> NDArray[np.bool_]:
        """Bool [rows, columns], made anew each time, so that only one need be kept."""
        return decode_runs(self.code, self.shape)


@dataclass(frozen=True, eq=False)
class Message:
    """One thing that a person did.

    Attributes
    ----------
    client : str
        Names the tab that sent it.
    number : int
        Counted up by the tab.
    """

    client: str
    number: int

    @property
    def key(self) -> tuple[str, int]:
        """Name of the message, as the store keeps it."""
        return self.client, self.number


@dataclass(frozen=True, eq=False)
class MaskMessage(Message):
    """A new mask.

    Attributes
    ----------
    segment, slice : int
        Where.
    based_on : int
        Version that the person drew on.
    mask : CodedMask
        What is drawn now.
    tool : str
        What it was drawn with.
    erased : bool
        Whether the tool takes pixels away, so that an empty mask is meant.
    locked : tuple of int
        Segments that keep their pixels.
    """

    segment: int
    slice: int
    based_on: int
    mask: CodedMask
    tool: str
    erased: bool
    locked: tuple[int, ...] = ()


@dataclass(frozen=True)
class SliceMask:
    """The mask of one slice in a `MasksMessage`; attributes as for `MaskMessage`."""

    slice: int
    based_on: int
    mask: CodedMask


@dataclass(frozen=True, eq=False)
class MasksMessage(Message):
    """New masks on several slices by one stroke; attributes as for `MaskMessage`."""

    segment: int
    masks: tuple[SliceMask, ...]
    tool: str
    erased: bool
    locked: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class AbsentMessage(Message):
    """The structure is not on this slice; attributes as for `MaskMessage`."""

    segment: int
    slice: int
    based_on: int


@dataclass(frozen=True, eq=False)
class StepMessage(Message):
    """Take a step back, or bring one back.

    Attributes
    ----------
    way : str
        "undo" or "redo".
    of : int or None
        Number of the message whose step is meant; None for whichever is next.
    """

    way: Literal["undo", "redo"]
    of: int | None


@dataclass(frozen=True, eq=False)
class EndMessage(Message):
    """A segment begins or ends on a slice.

    Attributes
    ----------
    segment : int
        Which one.
    end : End
        Which of its ends.
    slice : int or None
        The slice; None takes the statement back.
    based_on : int
        Version of the end that the person saw.
    """

    segment: int
    end: End
    slice: int | None
    based_on: int


@dataclass(frozen=True)
class SeenProposal:
    """One slice in a `DecisionMessage`.

    Attributes
    ----------
    slice : int
        Which one.
    based_on : int
        Version that the person looked at.
    """

    slice: int
    based_on: int


@dataclass(frozen=True, eq=False)
class DecisionMessage(Message):
    """Proposals of a segment are accepted or rejected, as one step.

    Attributes
    ----------
    segment : int
        Which one.
    decision : str
        "accept" or "reject".
    proposals : tuple of SeenProposal
        At least one.
    reason : str
        Why they are rejected; may be blank.
    """

    segment: int
    decision: Literal["accept", "reject"]
    proposals: tuple[SeenProposal, ...]
    reason: str


@dataclass(frozen=True, eq=False)
class HintMessage(Message):
    """Strokes that say what to add and what to remove; the mask follows from them.

    Attributes
    ----------
    segment, slice, based_on, locked
        As for `MaskMessage`.
    mask : CodedMask
        The mask before the first stroke.
    added, removed : CodedMask
        All strokes so far.
    """

    segment: int
    slice: int
    based_on: int
    mask: CodedMask
    added: CodedMask
    removed: CodedMask
    locked: tuple[int, ...] = ()
