"""What files say of their segments: names, codes, and how they came about."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import cast, get_args

import numpy as np
from pydicom.dataset import Dataset

from core.dicom.files import integer_of, items_of, text_of
from core.formats.character_sets import doubtful_names, states_characters, understood_text
from core.formats.codes import UNKNOWN_CATEGORY, UNKNOWN_TYPE, code_of, color_of, modifiers_of
from core.formats.segment_details import detail_cautions, segment_details
from core.segments.overlap_rules import rule_where
from core.segments.segment import MAX_LABEL_LENGTH, MAX_SEGMENT_NUMBER, Segment, SegmentDetails
from core.segments.segment_masks import Algorithm, SegmentMasks

# (125040, DCM, "Background"), which a label map describes as a segment (PS3.3 C.8.20.2).
_BACKGROUND_CODE = "125040"

TEACHERS = "teachers"
"""Names, among the parameters of the algorithm, the series that proposals were made from."""

_MOST_TEACHERS = 64
_UID = re.compile(r"[0-9.]{1,64}")


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


@dataclass(frozen=True)
class SegmentItems:
    """The items of a Segment Sequence (PS3.3 C.8.20.4).

    Parameters
    ----------
    by_number : dict of int to tuple of pydicom.dataset.Dataset
        By Segment Number as stored; several where a number is used twice.
    background : frozenset of int
        Values of a label map that belong to no segment.
    padded : tuple of str
        Names of segments that have the value of the background and are none of their own.
    states_characters : bool
        Whether the file states a character set for its names.
    """

    by_number: dict[int, tuple[Dataset, ...]]
    background: frozenset[int]
    padded: tuple[str, ...]
    states_characters: bool


def segment_items(dataset: Dataset) -> SegmentItems:
    """Read which numbers are described as segments, and which stand for the background."""
    padding = integer_of(dataset, "PixelPaddingValue")
    found: dict[int, tuple[Dataset, ...]] = {}
    padded = []
    for item in items_of(dataset, "SegmentSequence"):
        number = integer_of(item, "SegmentNumber")
        if number is None or not 0 <= number <= MAX_SEGMENT_NUMBER:
            continue
        if number == padding:
            if not _is_background(item):
                padded.append(segment_label(text_of(item, "SegmentLabel"), number))
        # Where nothing else is the background, nothing is marked by zero unless it says so.
        elif number or not _is_background(item):
            found[number] = (*found.get(number, ()), item)
    background = {padding} if padding is not None else set()
    if 0 not in found:
        background.add(0)
    return SegmentItems(found, frozenset(background), tuple(padded), states_characters(dataset))


def _is_background(item: Dataset) -> bool:
    kinds = items_of(item, "SegmentedPropertyTypeCodeSequence")
    is_coded = any(text_of(kind, "CodeValue") == _BACKGROUND_CODE for kind in kinds)
    return is_coded or text_of(item, "SegmentLabel").lower() == "background"


def described_masks(
    masks: dict[int, dict[int, np.ndarray]], items: SegmentItems
) -> tuple[list[SegmentMasks], list[str]]:
    """Give masks the descriptions of their segments.

    Parameters
    ----------
    masks : dict of int to dict of int to numpy.ndarray of bool
        By number as stored, and slice index.
    items : SegmentItems
        Those without a mask become segments without a mask.

    Returns
    -------
    list of SegmentMasks
        In the order of their numbers. A segment is `exclusive` where it overlaps no other.
    list of str
        What a person should know, one sentence each.
    """
    cautions = []
    overlapping = overlapping_segments(masks)
    stored = sorted({*items.by_number, *masks})
    found: list[SegmentMasks] = []
    known: list[tuple[str, Dataset]] = []
    for value in stored:
        number = value or next(free for free in count(1) if free not in stored)
        described = items.by_number.get(value, (Dataset(),))
        segment = described_segment(
            described[0],
            number,
            exclusive=value not in overlapping,
            states_characters=items.states_characters,
        )
        if len(described) > 1:
            segment = _of_several(described, segment, items.states_characters)
            cautions.append(
                f"The number {value} stands for {len(described)} segments, which cannot be told "
                f"apart: they are one segment here, “{segment.label}”."
            )
        elif value not in items.by_number:
            cautions.append(f"The value {value} is not described; it is read as “{segment.label}”.")
        if value == 0:
            cautions.append(
                f"“{segment.label}” has the number 0, which segments cannot have; it is segment "
                f"{number} here."
            )
        slices = dict(sorted(masks.get(value, {}).items()))
        algorithm = described_algorithm(described[0])
        teachers = described_teachers(described[0])
        found.append(SegmentMasks(segment, slices, *algorithm, teachers=teachers))
        known.extend((segment.label, item) for item in items.by_number.get(value, ()))
    names = [text_of(item, "SegmentLabel") for _, item in known]
    cautions.extend(name_cautions(names, is_stated=items.states_characters))
    cautions.extend(detail_cautions(known))
    if empty := [one.segment.label for one in found if not one.masks]:
        listed = ", ".join(f"“{label}”" for label in empty)
        cautions.append(f"Nothing of these segments is on the slices: {listed}.")
    return sorted(found, key=lambda one: one.segment.number), cautions


def name_cautions(names: Sequence[str], *, is_stated: bool) -> Iterator[str]:
    """Say which names may be wrong or were cut; `is_stated` as for `doubtful_names`."""
    yield from doubtful_names(names, is_stated=is_stated)
    cut = sum(len(name) > MAX_LABEL_LENGTH for name in names)
    if cut:
        yield f"{cut} name(s) have more than {MAX_LABEL_LENGTH} characters and were cut."


def _of_several(items: Sequence[Dataset], first: Segment, states_characters: bool) -> Segment:
    """Describe a segment by what the items with its number have in common."""
    described = [
        described_segment(item, first.number, exclusive=False, states_characters=states_characters)
        for item in items
    ]
    same = {(one.category, one.type, one.type_modifier) for one in described}
    label = segment_label(" / ".join(dict.fromkeys(one.label for one in described)), first.number)
    first = replace(first, label=label, details=SegmentDetails())
    if len(same) == 1:
        return first
    return replace(first, category=UNKNOWN_CATEGORY, type=UNKNOWN_TYPE, type_modifier=None)


def described_segment(
    description: Dataset, number: int, *, exclusive: bool, states_characters: bool
) -> Segment:
    """Read a segment from its item in the Segment Sequence (PS3.3 C.8.20.4)."""
    name = understood_text(text_of(description, "SegmentLabel"), is_stated=states_characters)
    return Segment(
        number=number,
        label=segment_label(name, number),
        color=color_of(description, number),
        category=code_of(description, "SegmentedPropertyCategoryCodeSequence", UNKNOWN_CATEGORY),
        type=code_of(description, "SegmentedPropertyTypeCodeSequence", UNKNOWN_TYPE),
        overlap=rule_where(exclusive),
        type_modifier=next(iter(modifiers_of(description)), None),
        details=segment_details(description, states_characters=states_characters),
    )


def described_algorithm(description: Dataset) -> tuple[Algorithm, str, str]:
    """Read how a segment came about: type, name and version of the algorithm."""
    items = items_of(description, "SegmentationAlgorithmIdentificationSequence")
    version = text_of(items[0], "AlgorithmVersion") if len(items) else ""
    name = text_of(description, "SegmentAlgorithmName")
    return algorithm_type(text_of(description, "SegmentAlgorithmType")), name, version


def described_teachers(description: Dataset) -> tuple[str, ...]:
    """Read which other series taught a segment, where the file says so as Slicewise writes it."""
    items = items_of(description, "SegmentationAlgorithmIdentificationSequence")
    name, _, uids = text_of(items[0], "AlgorithmParameters").partition("=") if items else ("",) * 3
    if name != TEACHERS:
        return ()
    return tuple(uid for uid in uids.split()[:_MOST_TEACHERS] if _UID.fullmatch(uid))


def algorithm_type(text: str) -> Algorithm:
    """Return a Segment Algorithm Type; SEMIAUTOMATIC for anything that is none."""
    return cast(Algorithm, text) if text in get_args(Algorithm) else "SEMIAUTOMATIC"
