"""What files say of their segments: names, codes, and how they came about."""

from typing import cast, get_args

import numpy as np
from pydicom.dataset import Dataset

from core.dicom.files import integer_of, items_of, text_of
from core.formats.codes import UNKNOWN_CATEGORY, UNKNOWN_TYPE, code_of, color_of, modifier_of
from core.segments.segment import MAX_LABEL_LENGTH, Segment
from core.segments.segment_masks import Algorithm


def overlapping_segments(masks: dict[int, dict[int, np.ndarray]]) -> set[int]:
    """Return the numbers of segments that share a pixel with another one."""
    found: set[int] = set()
    for index in {index for slices in masks.values() for index in slices}:
        present = [number for number, slices in masks.items() if index in slices]
        depth = np.sum([masks[number][index] for number in present], axis=0)
        found.update(number for number in present if (depth[masks[number][index]] > 1).any())
    return found


def segment_label(text: str, number: int) -> str:
    """Make a name of what a file gives, without what a name may not hold; "Segment 3" for none."""
    printable = "".join(
        character if character.isprintable() and character != "\\" else " " for character in text
    )
    return printable.strip()[:MAX_LABEL_LENGTH].strip() or f"Segment {number}"


def described_segments(dataset: Dataset) -> dict[int, Dataset]:
    """Return the items of the Segment Sequence by segment number, without a background."""
    background = integer_of(dataset, "PixelPaddingValue")
    found = {}
    for item in items_of(dataset, "SegmentSequence"):
        number = integer_of(item, "SegmentNumber")
        if number is not None and 0 < number < 65536 and number != background:
            found[number] = item
    return found


def described_segment(description: Dataset, number: int, *, exclusive: bool) -> Segment:
    """Read a segment from its item in the Segment Sequence (PS3.3 C.8.20.4)."""
    return Segment(
        number=number,
        label=segment_label(text_of(description, "SegmentLabel"), number),
        color=color_of(description, number),
        category=code_of(description, "SegmentedPropertyCategoryCodeSequence", UNKNOWN_CATEGORY),
        type=code_of(description, "SegmentedPropertyTypeCodeSequence", UNKNOWN_TYPE),
        exclusive=exclusive,
        type_modifier=modifier_of(description),
    )


def described_algorithm(description: Dataset) -> tuple[Algorithm, str, str]:
    """Read how a segment came about: type, name and version of the algorithm."""
    items = items_of(description, "SegmentationAlgorithmIdentificationSequence")
    version = text_of(items[0], "AlgorithmVersion") if len(items) else ""
    name = text_of(description, "SegmentAlgorithmName")
    return algorithm_type(text_of(description, "SegmentAlgorithmType")), name, version


def algorithm_type(text: str) -> Algorithm:
    """Return a Segment Algorithm Type; SEMIAUTOMATIC for anything that is none."""
    return cast(Algorithm, text) if text in get_args(Algorithm) else "SEMIAUTOMATIC"
