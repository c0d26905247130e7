"""How a person has the segments of a series shown, and which of them are locked."""

from dataclasses import dataclass
from typing import Any

_MOST = 65535  # segments of a series, and their largest number


@dataclass(frozen=True)
class SegmentDisplay:
    """Settings for the segments of one series, by their numbers.

    Attributes
    ----------
    locked : tuple of int
        Segments that no stroke changes.
    hidden : tuple of int
        Segments that are not shown.
    solo : int or None
        The only one that is shown.
    opacities : tuple of (int, float)
        Share of the opacity of all masks, 0 to 1, where it is not 1.
    order : tuple of int
        Segments that come first in the list, in this order.

    Raises
    ------
    ValueError
        If a number is not one of a segment, or an opacity is none.
    """

    locked: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    solo: int | None = None
    opacities: tuple[tuple[int, float], ...] = ()
    order: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        solo = () if self.solo is None else (self.solo,)
        with_opacity = tuple(number for number, _ in self.opacities)
        for numbers in (self.locked, self.hidden, solo, with_opacity, self.order):
            if len(numbers) > _MOST or not all(_is_number(one) for one in numbers):
                raise ValueError("Segments have whole numbers from 1.")
        if not all(0 <= opacity <= 1 for _, opacity in self.opacities):
            raise ValueError("An opacity lies between 0 and 1.")


def segment_display(value: Any) -> SegmentDisplay:
    """Read settings from what JSON keeps of them.

    Parameters
    ----------
    value : object
        ``dataclasses.asdict`` of a `SegmentDisplay`, with lists in place of tuples.

    Raises
    ------
    ValueError
        If it is nothing of the kind.
    """
    try:
        return SegmentDisplay(
            locked=tuple(value["locked"]),
            hidden=tuple(value["hidden"]),
            solo=value["solo"],
            opacities=tuple((number, float(opacity)) for number, opacity in value["opacities"]),
            order=tuple(value["order"]),
        )
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError("These are no settings for segments.") from error


def _is_number(value: object) -> bool:
    return type(value) is int and 1 <= value <= _MOST
