"""Details of segments beyond name and type: tracking, description, regions (PS3.3 C.8.20.4)."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset
from pydicom.uid import UID

from core.dicom.files import items_of, text_of
from core.formats.character_sets import understood_text
from core.formats.codes import (
    UNKNOWN_CATEGORY,
    UNKNOWN_TYPE,
    code_of,
    coded_concept,
    has_long_meaning,
    modifiers_of,
    regions_of_sequence,
)
from core.segments.segment import Region, Segment, SegmentDetails

_CATEGORY = "SegmentedPropertyCategoryCodeSequence"
_TYPE = "SegmentedPropertyTypeCodeSequence"
_REGIONS = ("AnatomicRegionSequence", "AnatomicRegionModifierSequence")
_STRUCTURES = ("PrimaryAnatomicStructureSequence", "PrimaryAnatomicStructureModifierSequence")

# Segment Description is a Short Text (PS3.5 6.2).
_LONGEST_DESCRIPTION = 1024


def segment_details(description: Dataset, *, states_characters: bool) -> SegmentDetails:
    """Read the details of a segment from its item in the Segment Sequence."""
    text = text_of(description, "SegmentDescription")
    is_tracked = _is_tracked(description)
    return SegmentDetails(
        description=understood_text(text, is_stated=states_characters)[:_LONGEST_DESCRIPTION],
        tracking_id=text_of(description, "TrackingID") if is_tracked else "",
        tracking_uid=text_of(description, "TrackingUID") if is_tracked else "",
        further_modifiers=modifiers_of(description)[1:],
        regions=regions_of_sequence(description, *_REGIONS),
        structures=regions_of_sequence(description, *_STRUCTURES),
    )


def add_details(description: Dataset, segment: Segment) -> None:
    """Write the details of a segment into its item in the Segment Sequence."""
    details = segment.details
    if details.description:
        description.SegmentDescription = details.description
    if details.tracking_uid:
        description.TrackingID = details.tracking_id
        description.TrackingUID = details.tracking_uid
    for regions, (sequence, modifiers) in (
        (details.regions, _REGIONS),
        (details.structures, _STRUCTURES),
    ):
        if regions:
            setattr(description, sequence, [_region_item(one, modifiers) for one in regions])


def type_item(segment: Segment) -> CodedConcept:
    """Return the code of a segment's type, with what modifies it in it (PS3.3 table C.8.20-4)."""
    item = coded_concept(segment.type)
    modifiers = [segment.type_modifier] if segment.type_modifier is not None else []
    modifiers += segment.details.further_modifiers
    if modifiers:
        item.SegmentedPropertyTypeModifierCodeSequence = [coded_concept(one) for one in modifiers]
    return item


def detail_cautions(items: Iterable[tuple[str, Dataset]]) -> Iterator[str]:
    """Say what of the codes and details of segments could not be kept, with their names.

    Parameters
    ----------
    items : iterable of (str, pydicom.dataset.Dataset)
        Names of segments, and their items in the Segment Sequence.
    """
    named = list(items)
    conditions: tuple[tuple[str, Callable[[Dataset], bool]], ...] = (
        (
            f"{UNKNOWN_CATEGORY.meaning} or {UNKNOWN_TYPE.meaning} stands in for a category or "
            "type whose code is missing or incomplete",
            _lacks_code,
        ),
        ("Meanings of codes have more than 64 characters and were cut", _has_long_meaning),
        (
            "Tracking identifiers were left out, for one of the two is missing or invalid",
            lambda item: (
                not _is_tracked(item)
                and bool(text_of(item, "TrackingID") or text_of(item, "TrackingUID"))
            ),
        ),
    )
    for sentence, holds in conditions:
        if labels := [label for label, item in named if holds(item)]:
            yield f"{sentence}: {_listed(labels)}."


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(f"“{label}”" for label in labels)


def _lacks_code(item: Dataset) -> bool:
    return any(
        code_of(item, sequence, fallback) is fallback
        for sequence, fallback in ((_CATEGORY, UNKNOWN_CATEGORY), (_TYPE, UNKNOWN_TYPE))
    )


def _has_long_meaning(item: Dataset) -> bool:
    holders = (item, *items_of(item, _TYPE)[:1])
    sequences = (_CATEGORY, _TYPE, _REGIONS[0], _STRUCTURES[0])
    return any(has_long_meaning(item, sequence) for sequence in sequences) or any(
        has_long_meaning(holder, "SegmentedPropertyTypeModifierCodeSequence") for holder in holders
    )


def _is_tracked(item: Dataset) -> bool:
    return bool(text_of(item, "TrackingID")) and UID(text_of(item, "TrackingUID")).is_valid


def _region_item(region: Region, modifiers: str) -> Dataset:
    item = coded_concept(region.code)
    if region.modifiers:
        setattr(item, modifiers, [coded_concept(one) for one in region.modifiers])
    return item
