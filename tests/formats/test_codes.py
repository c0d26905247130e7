"""Codes of foreign segments: of any length, with several modifiers, complete or not."""

from typing import Any

import pytest
from pydicom.dataset import Dataset

from core.formats.codes import code_of, coded_concept, codes_of, modifiers_of
from core.segments.segment import Code
from tests.support.segments import LIVER

TYPE = "SegmentedPropertyTypeCodeSequence"


def item(**attributes: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def holding(**attributes: Any) -> Dataset:
    return item(SegmentedPropertyTypeCodeSequence=[item(**attributes)])


@pytest.mark.parametrize(
    "code",
    [
        LIVER,
        Code("1234567890123456", "99X", "Sixteen"),
        Code("12345678901234567", "99X", "Seventeen"),
        Code("urn:lex:us:x", "", "Short URN"),
        Code("urn:oid:1.2.276.0.76.5.533", "99URN", "URN with a scheme"),
        Code("https://example.org/codes/7", "", "URL"),
    ],
)
def test_codes_of_any_length_are_written_and_read(code: Any) -> None:
    holder = item(SegmentedPropertyTypeCodeSequence=[coded_concept(code)])
    assert code_of(holder, TYPE, LIVER) == code
    (written,) = holder.SegmentedPropertyTypeCodeSequence
    keywords = [one for one in ("CodeValue", "LongCodeValue", "URNCodeValue") if one in written]
    assert len(keywords) == 1


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"CodeValue": "T-62000", "CodingSchemeDesignator": "SRT"}, LIVER),
        ({"CodeValue": "10200004", "CodingSchemeDesignator": "SCT"}, LIVER),
        ({"CodeValue": "A1", "CodingSchemeDesignator": "99X"}, Code("A1", "99X", "A1")),
    ],
)
def test_a_missing_meaning_is_that_of_the_list_or_the_value(
    attributes: dict[str, str], expected: Any
) -> None:
    assert code_of(holding(**attributes), TYPE, Code("0", "99X", "Nothing")) == expected


@pytest.mark.parametrize(
    "attributes",
    [
        {"CodeValue": "A1", "CodeMeaning": "No scheme"},
        {"CodingSchemeDesignator": "SCT", "CodeMeaning": "No value"},
        {"CodeValue": "A1", "CodingSchemeDesignator": "x" * 17, "CodeMeaning": "Long scheme"},
        {},
    ],
)
def test_what_is_no_code_is_replaced(attributes: Any) -> None:
    assert code_of(holding(**attributes), TYPE, LIVER) is LIVER
    assert codes_of(holding(**attributes), TYPE) == ()


@pytest.mark.parametrize("is_inside", [True, False])
def test_all_modifiers_are_read_wherever_they_stand(is_inside: bool) -> None:
    codes = (Code("7771000", "SCT", "Left"), Code("261183002", "SCT", "Upper"))
    kind = coded_concept(LIVER)
    description = item(SegmentedPropertyTypeCodeSequence=[kind])
    holder = kind if is_inside else description
    holder.SegmentedPropertyTypeModifierCodeSequence = [coded_concept(code) for code in codes]
    assert modifiers_of(description) == codes
