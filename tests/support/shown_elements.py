"""What a tab without a screen keeps of what its page shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ShownMask:
    """What the editor shows of the segment on a slice: version, state, run-length code."""

    version: int
    state: str
    code: bytes


@dataclass(frozen=True)
class Button:
    """A button of the page: how a run is told that it was pressed, and by which fragment."""

    element: str
    fragment: str
    disabled: bool
