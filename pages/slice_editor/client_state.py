"""What was sent to the browser of one session so far, so that nothing is sent twice."""

import secrets
from dataclasses import dataclass, field

from core.annotation.states import SliceState
from pages.slice_editor.incoming import Outbox

Place = tuple[int, int]
"""Segment number and slice index."""

Content = tuple[int, SliceState, bytes | None]
"""Version, state and run-length code of a mask."""

_PLANES = ("row", "column")


@dataclass
class ClientState:
    """What was sent to the browser of one session so far.

    Attributes
    ----------
    epoch : str
        Names this memory: a browser that knows another one is sent everything.
    revision : int
        Counted up with every change that is sent.
    masks : dict
        What was sent of every mask and with which revision, by place.
    pixels : dict
        Number of the newest request answered, by client and what was asked for.
    view, reported : (int, int or None)
        Slice and segment that the server shows, and those that the browser last reported.
    moves : int
        Counted up when the server shows another view than the browser.
    """

    epoch: str = field(default_factory=lambda: secrets.token_hex(8))
    revision: int = 0
    masks: dict[Place, tuple[Content, int]] = field(default_factory=dict)
    pixels: dict[tuple[str, str, int], int] = field(default_factory=dict)
    view: tuple[int, int | None] | None = None
    reported: tuple[int | None, int | None] | None = None
    moves: int = 0

    def is_due(self, outbox: Outbox, what: str, index: int, request: int) -> bool:
        """Whether a request for pixels has not been answered yet; it is from now on.

        Parameters
        ----------
        outbox : Outbox
            Of the browser that asks.
        what : str
            "slice", "row", "column", or any name for slices of another series.
        index : int
            Which one.
        request : int
            Number of the request.
        """
        if not outbox.client:
            return True
        # Of a plane only the newest request counts, whichever row it is for.
        name = (outbox.client, what, -1 if what in _PLANES else index)
        if self.pixels.get(name, -1) >= request:
            return False
        self.pixels[name] = request
        return True
