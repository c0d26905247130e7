from dataclasses import replace

from core.segments.matching import matched_numbers
from core.segments.segment import Code, Segment, default_color
from tests.support.segments import ANATOMY, LIVER

SEGMENT = Segment(1, "Liver", default_color(1), ANATOMY, LIVER)


def test_the_same_name_and_code_are_the_same_structure_whatever_the_number() -> None:
    taught = [replace(SEGMENT, number=7, label="LIVER"), replace(SEGMENT, number=8, label="Cyst")]
    assert matched_numbers([replace(SEGMENT, number=3)], taught) == {7: 3, 8: 4}


def test_another_code_is_another_structure() -> None:
    other = replace(SEGMENT, type=Code("123", "SCT", "Liver lobe"))
    assert matched_numbers([SEGMENT], [other]) == {1: 2}


def test_two_new_structures_get_two_numbers() -> None:
    taught = [replace(SEGMENT, number=number, label=f"Cyst {number}") for number in (1, 2)]
    assert matched_numbers([], taught) == {1: 1, 2: 2}
