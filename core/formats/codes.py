"""Coded concepts and colours, between Slicewise's dataclasses and DICOM's."""

from highdicom.color import CIELabColor
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sr._snomed_dict import mapping as snomed_mapping

from core.dicom.files import items_of, numbers_of, text_of
from core.segments.segment import Code, default_color

UNKNOWN_CATEGORY = Code("91723000", "SCT", "Anatomical Structure")
"""Stands in for the category of a foreign segment that names none."""

UNKNOWN_TYPE = Code("85756007", "SCT", "Tissue")
"""Stands in for the type of a foreign segment that names none."""


def coded_concept(code: Code) -> CodedConcept:
    """Turn a code into the DICOM macro (PS3.3 8.8)."""
    return CodedConcept(value=code.value, scheme_designator=code.scheme, meaning=code.meaning)


def code_of(dataset: Dataset, sequence: str, fallback: Code) -> Code:
    """Read the code in a sequence of one item.

    SNOMED RT identifiers (scheme SRT, SNM3 or 99SDM), which older programs write, become SNOMED CT
    (PS3.16 section 8.1).

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        Holder of the sequence.
    sequence : str
        Keyword of the sequence.
    fallback : Code
        Returned where the sequence is missing or empty.
    """
    items = items_of(dataset, sequence)
    if not len(items):
        return fallback
    value = next(
        (
            text
            for keyword in ("CodeValue", "LongCodeValue", "URNCodeValue")
            if (text := text_of(items[0], keyword))
        ),
        "",
    )
    scheme, meaning = text_of(items[0], "CodingSchemeDesignator"), text_of(items[0], "CodeMeaning")
    if scheme in ("SRT", "SNM3", "99SDM") and value in snomed_mapping["SRT"]:
        scheme, value = "SCT", snomed_mapping["SRT"][value]
    try:
        return Code(value, scheme, meaning)
    except ValueError:
        return fallback


def modifier_of(
    description: Dataset, type_sequence: str = "SegmentedPropertyTypeCodeSequence"
) -> Code | None:
    """Read what modifies the type of a segment, such as its side; None where nothing does."""
    types = items_of(description, type_sequence)
    keyword = "SegmentedPropertyTypeModifierCodeSequence"
    # Some programs put it beside the type instead of into it.
    holders = [holder for holder in (*types[:1], description) if len(items_of(holder, keyword))]
    if not holders:
        return None
    found = code_of(holders[0], keyword, UNKNOWN_TYPE)
    return None if found is UNKNOWN_TYPE else found


def cielab_of(color: tuple[int, int, int]) -> CIELabColor:
    """Turn red, green, blue (0–255) into a Recommended Display CIELab Value (PS3.3 C.10.7.1.1)."""
    return CIELabColor.from_rgb(*color)


def color_of(dataset: Dataset, number: int) -> tuple[int, int, int]:
    """Read a segment's recommended colour as red, green, blue (0–255), or pick the usual one."""
    value = numbers_of(dataset, "RecommendedDisplayCIELabValue")
    if len(value) != 3 or not all(0 <= part <= 65535 for part in value):
        return default_color(number)
    red, green, blue = CIELabColor.from_dicom_value([int(part) for part in value]).to_rgb(clip=True)
    return int(red), int(green), int(blue)
