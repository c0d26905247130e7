"""Elements that makers of scanners keep in private blocks (PS3.5 7.8.1)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydicom.dataset import Dataset

from core.dicom.several_values import values_text

# Makers take the first blocks of a group; creators further on are not looked for.
_BLOCKS = range(0x10, 0x14)


class PrivateElement(NamedTuple):
    """An element of the block that a private creator reserves, and a name for it."""

    name: str
    creator: str
    group: int
    element: int


def private_tags(elements: Sequence[PrivateElement]) -> tuple[str, ...]:
    """Return all tags that elements and their creators may have, as `open_header` takes them."""
    return tuple(
        sorted(
            {
                f"{one.group:04X}{tag}"
                for one in elements
                for block in _BLOCKS
                for tag in (f"{block:04X}", f"{block:02X}{one.element:02X}")
            }
        )
    )


def private_texts(
    dataset: Dataset, elements: Sequence[PrivateElement]
) -> Iterator[tuple[str, str]]:
    """Yield the names of the elements that an image states, and their first values as text."""
    creators = {
        (group, text): block
        for group in sorted({one.group for one in elements})
        for block in _BLOCKS
        if (text := values_text(dataset, f"{group:04X}{block:04X}"))
    }
    for name, creator, group, element in elements if creators else ():
        block = creators.get((group, creator))
        if block is None:
            continue
        text = values_text(dataset, f"{group:04X}{block:02X}{element:02X}").partition("\\")[0]
        if text:
            yield name, text
