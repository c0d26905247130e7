"""A protocol is imported, checked, and gives new annotations their segments."""

import csv
from dataclasses import replace
from typing import Any

import pytest

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.projects.moves import move
from core.projects.protocols import (
    protocol_csv,
    protocol_json,
    protocol_of,
    protocol_versions,
    read_protocol_segments,
    set_protocol,
)
from core.projects.records import AccessRefused, MoveRefused, WorkState
from core.segments.anatomy import LEFT
from core.segments.label_lists import LabelListError
from core.segments.overlap_rules import OverlapRule
from tests.support.projects import add, add_read_twice

CSV = """label,code,scheme,meaning,category,side,color,overlap,instructions
Liver,,,,,,,,"Include the dome.
Leave out the gallbladder."
Left kidney,64033007,SCT,Kidney,anatomy,left,#e69f00,all,
Mass,4147007,,Mass,lesion,,,allow,Every mass above 5 mm.
"""


def test_segments_come_with_codes_colours_rules_and_instructions() -> None:
    liver, kidney, mass = read_protocol_segments(CSV.encode())
    assert liver.instructions == "Include the dome.\nLeave out the gallbladder."
    assert (kidney.modifier, kidney.color, kidney.overlap) == (LEFT, (230, 159, 0), OverlapRule.ALL)
    assert (mass.overlap, mass.instructions) == (OverlapRule.ALLOW, "Every mass above 5 mm.")


@pytest.mark.parametrize("written", [protocol_csv, protocol_json])
def test_what_is_exported_is_imported_again(
    store: AnnotationStore, project_key: str, written: Any
) -> None:
    segments = read_protocol_segments(CSV.encode())
    protocol = set_protocol(store, project_key, segments, "Use the venous phase.", "ada")
    assert read_protocol_segments(written(protocol).encode()) == segments


def test_a_project_has_an_empty_protocol_at_first_and_versions_from_then_on(
    store: AnnotationStore, project_key: str
) -> None:
    assert protocol_of(store, project_key, "anna").version == 0
    segments = read_protocol_segments(CSV.encode())
    set_protocol(store, project_key, segments, "Use the venous phase.", "ada")
    set_protocol(store, project_key, segments, "Use the venous phase.", "ada")
    found = protocol_of(store, project_key, "rita")
    assert (found.version, found.person, found.instructions) == (1, "ada", "Use the venous phase.")
    assert list(found.segments) == segments


def test_new_annotations_get_the_segments_of_the_protocol(
    store: AnnotationStore, project_key: str
) -> None:
    set_protocol(store, project_key, read_protocol_segments(CSV.encode()), "", "ada")
    for item in add_read_twice(store, project_key):
        liver, kidney, mass = store.segments(item.annotation_key)
        assert (liver.number, liver.label, liver.type.value) == (1, "Liver", "10200004")
        assert (kidney.color, kidney.type_modifier) == ((230, 159, 0), LEFT)
        assert (kidney.overlap, mass.overlap) == (OverlapRule.ALL, OverlapRule.ALLOW)


def test_a_new_protocol_changes_only_what_nobody_has_begun(
    store: AnnotationStore, project_key: str
) -> None:
    first, second, *_ = read_protocol_segments(CSV.encode())
    set_protocol(store, project_key, [first, second], "", "ada")
    untouched, begun = (add(store, project_key, number).annotation_key for number in (1, 2))
    move(store, begun, WorkState.IN_PROGRESS, "anna")
    set_protocol(store, project_key, [second], "", "ada")
    assert [one.label for one in store.segments(untouched)] == ["Left kidney"]
    assert [one.label for one in store.segments(begun)] == ["Liver", "Left kidney"]


def test_only_administrators_write_the_protocol(store: AnnotationStore, project_key: str) -> None:
    with pytest.raises(AccessRefused):
        set_protocol(store, project_key, [], "Draw all.", "anna")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("label\n=1+1\n", "formula"),
        ("label,code,meaning\nA,1,@SUM(A1)\n", "formula"),
        ("label,instructions\nLiver,=cmd\n", "formula"),
        ("label,overlap\nLiver,never\n", "overlap is one of"),
        ("label,instructions\nLiver," + "x" * 2001 + "\n", "2000 characters"),
        ("label,code,scheme\nA,1," + "x" * 65 + "\n", "16 characters"),
        ("label,code,meaning\nA,1," + "x" * 65 + "\n", "64 characters"),
        ("label,code\nA\u202e,1\n", "control characters"),
        ("label,code,meaning\nA,1,x\u2067y\n", "control characters"),
        ("label,instructions\nLiver,draw\x07\n", "control characters"),
    ],
)
def test_what_no_protocol_holds_is_refused(content: str, said: str) -> None:
    with pytest.raises(LabelListError, match=said):
        read_protocol_segments(content.encode())


@pytest.mark.parametrize("instructions", ["a\x00", "\u202dabc", "x" * 20_001])
def test_instructions_that_cannot_be_shown_are_refused(
    store: AnnotationStore, project_key: str, instructions: str
) -> None:
    with pytest.raises(StoreError, match="instructions"):
        set_protocol(store, project_key, [], instructions, "ada")


def test_all_versions_are_kept_and_the_newest_comes_first(
    store: AnnotationStore, project_key: str
) -> None:
    assert protocol_versions(store, project_key, "rita") == []
    segments = read_protocol_segments(CSV.encode())
    set_protocol(store, project_key, segments, "", "ada")
    set_protocol(store, project_key, segments[:1], "", "ada")
    newest, first = protocol_versions(store, project_key, "rita")
    assert (newest.version, len(newest.segments)) == (2, 1)
    assert (first.version, len(first.segments)) == (1, 3)


def test_whoever_saw_an_earlier_version_does_not_replace_a_newer_one(
    store: AnnotationStore, project_key: str
) -> None:
    segments = read_protocol_segments(CSV.encode())
    set_protocol(store, project_key, segments, "", "ada", based_on=0)
    with pytest.raises(MoveRefused, match="meanwhile"):
        set_protocol(store, project_key, segments[:1], "", "ada", based_on=0)
    assert len(protocol_of(store, project_key, "ada").segments) == 3


@pytest.mark.parametrize("beginning", ["=", "@"])
def test_no_segment_begins_like_a_formula(
    store: AnnotationStore, project_key: str, beginning: str
) -> None:
    (liver,) = read_protocol_segments(b"label\nLiver\n")
    formula = f"{beginning}A1"
    for changed in (replace(liver, label=formula), replace(liver, instructions=formula)):
        with pytest.raises(StoreError, match="formula"):
            set_protocol(store, project_key, [changed], "", "ada")


def test_a_spreadsheet_takes_no_cell_for_a_formula_and_the_list_comes_back_as_it_was(
    store: AnnotationStore, project_key: str
) -> None:
    content = b"label,code,meaning,instructions\n+1 node,1,-x,- the dome\n"
    segments = read_protocol_segments(content)
    written = protocol_csv(set_protocol(store, project_key, segments, "", "ada"))
    cells = next(csv.reader(written.splitlines()[1:]))
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert read_protocol_segments(written.encode()) == segments


def test_every_line_that_is_wrong_is_named() -> None:
    content = "label,side\n=1,\nLiver,\nSpleen,up\nA\u202e,\n"
    with pytest.raises(LabelListError) as caught:
        read_protocol_segments(content.encode())
    first, second, third = caught.value.sentences
    assert first.startswith("Line 2")
    assert second.startswith("Line 4")
    assert third.startswith("Line 5")
