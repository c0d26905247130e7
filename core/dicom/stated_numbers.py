"""How many images the files say there are, and which of these are missing.

A number counts only if all files that share it state the same, and no fewer than there are: some
programs copy it from the series that theirs was made of.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pydicom.dataset import Dataset

from core.dicom.files import integer_of, text_of
from core.dicom.headers import Header, Plane
from core.dicom.private_elements import PrivateElement, private_tags, private_texts

_PRIVATE = (
    PrivateElement("ImagesInSeries", "GEMS_SERS_01", 0x0025, 0x07),
    PrivateElement("NumberOfSlices", "Philips Imaging DD 001", 0x2001, 0x18),
)

_NUMBERS = (
    "NumberOfSlices",
    "ImagesInAcquisition",
    "ImagesInSeries",
    "NumberOfTemporalPositions",
    "InConcatenationTotalNumber",
)

NUMBER_TAGS = (*_NUMBERS, "ConcatenationUID", *private_tags(_PRIVATE))
"""Attributes that `stated_numbers` reads, to be read of every image."""


def stated_numbers(dataset: Dataset) -> dict[str, int]:
    """Read the numbers of slices, images, time points and parts that a file states."""
    private = dict(private_texts(dataset, _PRIVATE))
    numbers = {
        name: int(text) if (text := private.get(name, "")).isdecimal() else None
        for name in ("NumberOfSlices", "ImagesInSeries")
    } | {name: number for name in _NUMBERS if (number := integer_of(dataset, name))}
    return {name: number for name, number in numbers.items() if number and number > 0}


def concatenation(dataset: Dataset) -> str:
    """Return the UID of the image that a file is a part of (PS3.3 C.7.6.16.2.2.4); "" if whole."""
    return text_of(dataset, "ConcatenationUID")


def missing_slices(planes: Sequence[Plane]) -> Iterator[str]:
    """Say in one sentence if a volume has fewer slices than its files state."""
    stated = _shared([plane.header for plane in planes], "NumberOfSlices", len(planes))
    if stated:
        yield (
            f"The files state {stated} slices, but only {len(planes)} are here: slices may be "
            "missing at the ends."
        )


def missing_images(headers: Sequence[Header]) -> Iterator[str]:
    """Say in one sentence each what a series states to hold and does not.

    Parameters
    ----------
    headers : sequence of Header
        Of one series, without copies.
    """
    stated = _shared(headers, "ImagesInSeries", len(headers))
    if stated:
        yield (
            f"The files state {stated} images in the series, but only {len(headers)} are here: "
            "slices may be missing."
        )
    for members in _by(headers, "AcquisitionNumber"):
        stated = _shared(members, "ImagesInAcquisition", len(members))
        if stated:
            yield (
                f"The files state {stated} images in an acquisition, but only {len(members)} are "
                "here: slices may be missing."
            )
    points = {
        plane.volume_keys.get("TemporalPositionIdentifier")
        for header in headers
        for plane in header.planes
    }
    stated = 0 if None in points else _shared(headers, "NumberOfTemporalPositions", len(points))
    if stated:
        yield f"The files state {stated} time points, but only {len(points)} are here."
    parts = defaultdict(list)
    for header in headers:
        if header.concatenation:
            parts[header.concatenation].append(header)
    for members in parts.values():
        stated = _shared(members, "InConcatenationTotalNumber", len(members))
        if stated:
            yield (
                f"An image is stored in {stated} files, but only {len(members)} are here: slices "
                "are missing."
            )


def _by(headers: Sequence[Header], name: str) -> list[list[Header]]:
    groups = defaultdict(list)
    for header in headers:
        groups[header.planes[0].volume_keys.get(name)].append(header)
    return list(groups.values())


def _shared(headers: Sequence[Header], name: str, held: int) -> int:
    """Return the number that all files state, if it is more than there are; 0 otherwise."""
    numbers = {header.stated_numbers.get(name, 0) for header in headers}
    number = numbers.pop()
    return number if not numbers and number > held else 0
