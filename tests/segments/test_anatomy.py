import csv
from dataclasses import astuple
from functools import cache
from pathlib import Path

import pytest
from highdicom.seg import SegmentDescription
from highdicom.sr import CodedConcept
from hypothesis import given
from hypothesis import strategies as st
from pydicom.sr.codedict import codes

import core.segments.anatomy
from core.segments.anatomy import CATEGORIES, LEFT, RIGHT, AnatomyTerm, search
from core.segments.segment import Code
from tests.support.context_groups import FILE, rows

# Context groups of segmented property types (PS3.16) by category.
TYPES = {
    "tissue": codes.cid7191,
    "lesion": codes.cid7194,
    "object": codes.cid7193,
    "substance": codes.cid7197,
}
CONTEXT = {
    key: {getattr(group, name).value for name in group.dir()} for key, group in TYPES.items()
}
LIST = Path(core.segments.anatomy.__file__).with_name("anatomy.csv")
ROWS = list(csv.DictReader(LIST.open(encoding="utf-8", newline="")))


@cache
def sct() -> dict[str, set[str]]:
    """Meanings in lower case that pydicom's dictionary gives to each SNOMED CT code."""
    found: dict[str, set[str]] = {}
    for keyword in codes.SCT.dir():
        concept = getattr(codes.SCT, keyword)
        found.setdefault(concept.value, set()).add(concept.meaning.casefold())
    return found


def labels(text: str, limit: int = 20) -> list[str]:
    return [term.label for term in search(text, limit)]


class TestList:
    def test_is_long_enough_to_be_of_use(self) -> None:
        assert len(ROWS) >= 150

    def test_codes_and_meanings_are_those_of_pydicom(self) -> None:
        wrong = [
            (row["value"], row["meaning"])
            for row in ROWS
            if row["meaning"].casefold() not in sct()[row["value"]]
        ]
        assert wrong == []

    def test_tissues_lesions_and_other_matter_stand_in_their_category(self) -> None:
        for row in ROWS:
            if row["category"] != "anatomy":
                assert row["value"] in CONTEXT[row["category"]], row["meaning"]

    def test_anatomy_is_no_tissue_and_no_lesion(self) -> None:
        others = set().union(*CONTEXT.values())
        assert not others & {row["value"] for row in ROWS if row["category"] == "anatomy"}

    def test_names_nothing_twice(self) -> None:
        for column in ("value", "meaning"):
            values = [row[column] for row in ROWS]
            assert len(values) == len(set(values))

    def test_categories_and_sides_are_those_of_pydicom(self) -> None:
        for code in (*CATEGORIES.values(), RIGHT, LEFT):
            assert code.meaning.casefold() in sct()[code.value]
        allowed = {getattr(codes.cid7150, name).value for name in codes.cid7150.dir()}
        assert {code.value for code in CATEGORIES.values()} <= allowed

    def test_paired_structures_have_no_side_in_their_name(self) -> None:
        for row in ROWS:
            if row["paired"] == "yes":
                assert not {"left", "right"} & set(row["meaning"].casefold().split())


class TestFurtherCodes:
    def test_are_those_of_the_context_groups(self) -> None:
        with FILE.open(encoding="utf-8", newline="") as file:
            found = [tuple(row.values()) for row in csv.DictReader(file)]
        assert found == rows(), "run python -m tests.support.context_groups"

    def test_are_all_found_by_their_code_after_the_common_ones(self) -> None:
        for _, value, meaning in rows():
            assert [term.type for term in search(value)] == [Code(value, "SCT", meaning)]
        assert labels("artery")[0] == "Artery"

    @pytest.mark.parametrize(
        ("text", "first", "category"),
        [
            ("glioblastoma", "Glioblastoma", "lesion"),
            ("gbm", "Glioblastoma", "lesion"),
            ("squamous cell", "Squamous cell carcinoma", "lesion"),
            ("osteosarkoma", "Osteosarcoma", "lesion"),
            ("abducens", "Abducens nerve", "anatomy"),
            ("left abducens", "Left abducens nerve", "anatomy"),
        ],
    )
    def test_are_found_by_what_people_type(self, text: str, first: str, category: str) -> None:
        term = search(text)[0]
        assert (term.label, term.category) == (first, CATEGORIES[category])

    def test_a_glioma_is_found_among_tumours(self) -> None:
        assert labels("glioma") == ["Neoplasm, Primary", "Astrocytoma", "Glioblastoma"]

    def test_do_not_displace_what_is_common(self) -> None:
        assert labels("liv")[0] == "Liver"
        assert labels("carotid")[0] in {row["meaning"] for row in ROWS}


class TestSearch:
    @pytest.mark.parametrize(
        ("text", "first"),
        [
            ("liver", "Liver"),
            ("LIVER ", "Liver"),
            ("hepatic", "Liver"),
            ("renal", "Kidney"),
            ("kid", "Kidney"),
            ("kidny", "Kidney"),
            ("left kidney", "Left kidney"),
            ("kidney, right", "Right kidney"),
            ("lt kidney", "Left kidney"),
            ("oesophagus", "Esophagus"),
            ("ivc", "Inferior vena cava"),
            ("tumour", "Neoplasm"),
            ("metastases", "Neoplasm, Secondary"),
            ("autochthon", "Erector spinae muscle"),
            ("bone", "Bone"),
            ("left ventricle", "Left ventricle"),
            ("vein portal", "Portal vein"),
            ("64033007", "Kidney"),
            ("Kídney", "Kidney"),
            ("bladder", "Bladder"),
            ("l5", "L5 vertebra"),
        ],
    )
    def test_finds_what_people_type(self, text: str, first: str) -> None:
        assert labels(text)[0] == first

    def test_offers_both_sides_of_what_is_paired(self) -> None:
        assert labels("kidney", 3) == ["Kidney", "Right kidney", "Left kidney"]
        assert [term.modifier for term in search("kidney", 3)] == [None, RIGHT, LEFT]

    def test_a_side_finds_that_side_only(self) -> None:
        assert "Left lung" in labels("left lung")
        assert not any(label.startswith("Right") for label in labels("left lung"))

    def test_every_term_is_found_by_its_name(self) -> None:
        for row in ROWS:
            assert search(row["meaning"])[0].type == Code(row["value"], "SCT", row["meaning"])

    def test_a_lesion_comes_with_the_category_of_lesions(self) -> None:
        assert search("cyst")[0] == AnatomyTerm(
            Code("49755003", "SCT", "Morphologically Abnormal Structure"),
            Code("367643001", "SCT", "Cyst"),
        )

    def test_nothing_typed_finds_the_most_common(self) -> None:
        assert labels("  ", 3)[0] == "Liver"

    def test_what_does_not_exist_finds_nothing(self) -> None:
        for text in ("gluteus", "xyzzy", "kidney xyzzy"):
            assert search(text) == []

    def test_returns_no_more_than_asked_for(self) -> None:
        assert [len(search("a", limit)) for limit in (-1, 0, 1, 7)] == [0, 0, 1, 7]

    @given(st.text(max_size=300))
    def test_takes_any_text(self, text: str) -> None:
        found = search(text)
        assert len(found) <= 20
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("text", ["liver", "fat", "cyst", "stent", "urine"])
def test_terms_make_a_segment_of_a_dicom_segmentation(text: str) -> None:
    term = search(text)[0]
    description = SegmentDescription(
        1,
        term.label,
        CodedConcept(*astuple(term.category)),
        CodedConcept(*astuple(term.type)),
        "MANUAL",
    )
    assert description.segmented_property_type == CodedConcept(*astuple(term.type))
