"""What the browser asks for and has decided; checked here, for anybody can send anything."""

from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["take", "undo", "draw"]

_ACTIONS: tuple[Action, ...] = ("take", "undo", "draw")
_MOST_DEEDS = 1000
_MOST_PICTURES = 200
_LARGEST = 2**31


@dataclass(frozen=True)
class Deed:
    """Something that the person has done.

    Attributes
    ----------
    number : int
        Counted up by the browser, from 1.
    action : {"take", "undo", "draw"}
        Take a reading over, take the last step back, or draw.
    segment, slice_index : int
        Where.
    reading : int
        Which reading is taken, 1 or 2; 0 for anything else.
    """

    number: int
    action: Action
    segment: int
    slice_index: int
    reading: int


@dataclass(frozen=True)
class Asked:
    """What a browser asks for.

    Attributes
    ----------
    client : str
        Differs for every element that is built in a browser; "" where nothing was asked.
    place : str
        Key of the annotation that was open.
    segment, slice_index : int or None
        What it shows; None where the server is to say.
    window : str or None
        Name of the window.
    present : frozenset of int
        Slices whose pictures it has.
    deeds : tuple of Deed
        Without an answer so far, in order.
    """

    client: str = ""
    place: str = ""
    segment: int | None = None
    slice_index: int | None = None
    window: str | None = None
    present: frozenset[int] = frozenset()
    deeds: tuple[Deed, ...] = ()


def read_asked(state: object) -> Asked:
    """Read what a browser sent; nothing asked where it is not what our own script sends.

    Parameters
    ----------
    state : object
        From the component.
    """
    if not isinstance(state, dict):
        return Asked()
    client, place, window = (state.get(name) for name in ("client", "place", "window"))
    deeds = state.get("deeds")
    if not isinstance(client, str) or not 0 < len(client) <= 64 or not isinstance(deeds, list):
        return Asked()
    if not isinstance(place, str):
        return Asked()
    read = [_deed(one) for one in deeds[:_MOST_DEEDS]]
    present = state.get("present")
    return Asked(
        client,
        place,
        _number(state.get("segment")),
        _number(state.get("slice")),
        window if isinstance(window, str) else None,
        frozenset(
            number
            for one in (present[:_MOST_PICTURES] if isinstance(present, list) else ())
            if (number := _number(one)) is not None
        ),
        tuple(one for one in read if one is not None),
    )


def _deed(sent: Any) -> Deed | None:
    if not isinstance(sent, dict):
        return None
    action = next((one for one in _ACTIONS if one == sent.get("action")), None)
    number, segment = _number(sent.get("number")), _number(sent.get("segment"))
    index, reading = _number(sent.get("slice")), _number(sent.get("reading"))
    if action is None or number is None or segment is None or index is None:
        return None
    if action == "take" and reading not in (1, 2):
        return None
    return Deed(number, action, segment, index, reading or 0)


def _number(value: object) -> int | None:
    """A whole number that fits into a database; None for anything else."""
    is_whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST
    return value if is_whole else None  # type: ignore[return-value]
