"""Coded concepts and colours, between Slicewise's dataclasses and DICOM's."""

from highdicom.color import CIELabColor
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sr._snomed_dict import mapping as snomed_mapping

from core.dicom.files import items_of, numbers_of, text_of
from core.segments.anatomy import search
from core.segments.segment import MAX_MEANING_LENGTH, Code, Region, default_color

UNKNOWN_CATEGORY = Code("91723000", "SCT", "Anatomical Structure")
"""Stands in for the category of a foreign segment that names none."""

UNKNOWN_TYPE = Code("85756007", "SCT", "Tissue")
"""Stands in for the type of a foreign segment that names none."""


def coded_concept(code: Code) -> CodedConcept:
    """Turn a code into the DICOM macro (PS3.3 8.8)."""
    concept = CodedConcept(value=code.value, scheme_designator=code.scheme, meaning=code.meaning)
    if code.is_urn:
        for keyword in ("CodeValue", "LongCodeValue"):
            if keyword in concept:
                delattr(concept, keyword)
        concept.URNCodeValue = code.value
    if not code.scheme:
        del concept.CodingSchemeDesignator
    return concept


def code_of(dataset: Dataset, sequence: str, fallback: Code) -> Code:
    """Read the code in a sequence of one item; see `codes_of`.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        Holder of the sequence.
    sequence : str
        Keyword of the sequence.
    fallback : Code
        Returned where the sequence has none that can be used.
    """
    items = items_of(dataset, sequence)
    found = _code(items[0]) if len(items) else None
    return fallback if found is None else found


def codes_of(dataset: Dataset, sequence: str) -> tuple[Code, ...]:
    """Read the codes in a sequence, without those that cannot be used.

    Values may be of any length. SNOMED RT identifiers (scheme SRT, SNM3 or 99SDM), which older
    programs write, become SNOMED CT (PS3.16 section 8.1). A meaning that is missing is that of the
    list of anatomy, else the value; one that is too long is cut.
    """
    codes = (_code(item) for item in items_of(dataset, sequence))
    return tuple(code for code in codes if code is not None)


def has_long_meaning(dataset: Dataset, sequence: str) -> bool:
    """Tell whether the meaning of a code has more characters than DICOM allows."""
    items = items_of(dataset, sequence)
    return any(len(text_of(item, "CodeMeaning")) > MAX_MEANING_LENGTH for item in items)


def _code(item: Dataset) -> Code | None:
    keywords = ("CodeValue", "LongCodeValue", "URNCodeValue")
    value = next((text for keyword in keywords if (text := text_of(item, keyword))), "")
    scheme, meaning = text_of(item, "CodingSchemeDesignator"), text_of(item, "CodeMeaning")
    if scheme in ("SRT", "SNM3", "99SDM") and value in snomed_mapping["SRT"]:
        scheme, value = "SCT", snomed_mapping["SRT"][value]
    if not meaning:
        known = (term.type for term in search(value, 1) if scheme == "SCT")
        meaning = next((code.meaning for code in known if code.value == value), value)
    try:
        return Code(value, scheme, meaning[:MAX_MEANING_LENGTH].rstrip())
    except ValueError:
        return None


def regions_of_sequence(dataset: Dataset, sequence: str, modifiers: str) -> tuple[Region, ...]:
    """Read parts of the body with what modifies them (PS3.3 table 10-7 and 10-8)."""
    return tuple(
        Region(code, codes_of(item, modifiers))
        for item in items_of(dataset, sequence)
        if (code := _code(item)) is not None
    )


def modifiers_of(
    description: Dataset, type_sequence: str = "SegmentedPropertyTypeCodeSequence"
) -> tuple[Code, ...]:
    """Read what modifies the type of a segment, such as its side."""
    types = items_of(description, type_sequence)
    keyword = "SegmentedPropertyTypeModifierCodeSequence"
    # Some programs put it beside the type instead of into it.
    holders = [holder for holder in (*types[:1], description) if len(items_of(holder, keyword))]
    return codes_of(holders[0], keyword) if holders else ()


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
