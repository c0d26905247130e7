"""Dividing planes by what their files state, and words for what divides them."""

from collections import defaultdict
from collections.abc import Sequence

from core.dicom.headers import Plane
from core.dicom.volume_attributes import VOLUME_KEYS

Part = list[int]
"""Indices of the planes of a volume among all, ascending."""

# A number of the VR DS has 16 characters at most (PS3.5 6.2); a longer one is a date and time.
_LONGEST_NUMBER = 16


def parts_by(planes: Sequence[Plane], names: Sequence[str]) -> list[Part]:
    """Divide planes by the values of attributes in `VOLUME_KEYS`, in the order of the values."""
    parts: dict[tuple[tuple[float, str], ...], Part] = defaultdict(list)
    for index, plane in enumerate(planes):
        parts[tuple(stated(plane, name) for name in names)].append(index)
    return [parts[values] for values in sorted(parts)]


def varying_names(planes: Sequence[Plane]) -> list[str]:
    """Return the attributes in `VOLUME_KEYS` that are not stated alike by all planes."""
    first = planes[0].volume_keys
    return [
        name
        for name in VOLUME_KEYS
        if any(plane.volume_keys.get(name) != first.get(name) for plane in planes)
    ]


def stated(plane: Plane, name: str) -> tuple[float, str]:
    """Return the value of an attribute such that equal numbers are equal and values sort."""
    text = plane.volume_keys.get(name, "")
    try:
        number = float(text)
    except ValueError:
        return float("inf"), text
    return (number, "") if len(text) <= _LONGEST_NUMBER else (number, text)


def part_words(plane: Plane, names: Sequence[str]) -> str:
    """Name a volume by what a plane of it states, such as "b-value 1000, direction 3"."""
    return ", ".join(f"{VOLUME_KEYS[name]} {value_words(plane, name)}" for name in names)


def value_words(plane: Plane, name: str) -> str:
    """Return the value of an attribute for people."""
    text = plane.volume_keys.get(name, "")
    return text.removesuffix(".0") or "not stated"
