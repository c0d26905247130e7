"""Values in messages from the browser, checked: of the right kind, and bounded.

All functions raise a `MessageError` for anything else.
"""

import re
from typing import Any

from core.home.segment_display import SegmentDisplay, segment_display
from core.segments.segment import MAX_SEGMENT_NUMBER

LARGEST = 2**53  # whole numbers beyond are not exact in JavaScript
_LONGEST_NAME = 100  # of a window


class MessageError(ValueError):
    """A message that the editor does not send."""


def mapping_of(value: Any) -> dict[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise MessageError("The editor sends objects.")
    return value


def list_of(value: Any) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise MessageError("The editor sends lists of messages and requests.")
    return value


def text_of(value: Any, pattern: re.Pattern[str]) -> str:
    """A text that matches a pattern."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise MessageError("A name in a message contains characters that the editor does not use.")
    return value


def optional_text(value: Any, pattern: re.Pattern[str]) -> str | None:
    """A text that matches a pattern, or nothing."""
    return None if value is None else text_of(value, pattern)


def real_number(value: Any) -> float:
    """A number, not too large."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MessageError("A number in a message is not a number.")
    # Compared first: NaN compares false, and 10^400 cannot be converted to a float.
    if not -LARGEST < value < LARGEST:
        raise MessageError("A number in a message is out of range.")
    return float(value)


def whole_number(value: Any, below: int = LARGEST) -> int:
    """A whole number from 0 and below another one."""
    # JSON knows no whole numbers: 3 may come as 3.0.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MessageError("A number in a message is not a number.")
    # Compared first: NaN and infinity cannot be converted, nor can 10^400 to a float.
    if not 0 <= value < below or value != int(value):
        raise MessageError("A number in a message is out of range.")
    return int(value)


def optional_number(value: Any, below: int) -> int | None:
    """A whole number as `whole_number` takes it, or nothing."""
    return None if value is None else whole_number(value, below)


def segment_numbers(value: Any) -> tuple[int, ...]:
    """A list of numbers of segments, each once."""
    numbers = list_of(value)
    if len(numbers) > MAX_SEGMENT_NUMBER:
        raise MessageError("A series has a bounded number of segments.")
    return tuple(sorted({whole_number(one, MAX_SEGMENT_NUMBER + 1) for one in numbers}))


def display_of(value: Any) -> SegmentDisplay | None:
    """How segments are shown, or nothing."""
    if value is None:
        return None
    try:
        return segment_display(value)
    except ValueError as error:
        raise MessageError(str(error)) from error


def window_of(value: Any) -> tuple[str, float, float] | None:
    """Name, centre and width of a window, or nothing."""
    if value is None:
        return None
    parts = list_of(value)
    if len(parts) != 3 or not isinstance(parts[0], str) or len(parts[0]) > _LONGEST_NAME:
        raise MessageError("A window has a name, a centre and a width.")
    center, width = (real_number(part) for part in parts[1:])
    if width <= 0:
        raise MessageError("A window has a width above 0.")
    return parts[0], center, width
