"""Label lists are read from CSV and JSON, and errors say where and what to do."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.segments.anatomy import CATEGORIES, LEFT
from core.segments.label_lists import MOST_LABELS, LabelListError, read_label_list
from core.segments.segment import Code, default_color

CSV = """label,code,scheme,meaning,category,side,color
Liver,,,,,,
Kidney L,64033007,SCT,Kidney,anatomy,left,#E69F00
Mass,4147007,,Mass,lesion,,
"""


def test_codes_sides_and_colours_of_a_csv_are_read() -> None:
    liver, kidney, mass = read_label_list(CSV.encode())
    assert (liver.label, liver.type.value, liver.color) == ("Liver", "10200004", None)
    assert kidney.type == Code("64033007", "SCT", "Kidney")
    assert (kidney.modifier, kidney.color) == (LEFT, (230, 159, 0))
    assert (mass.category, mass.type.scheme) == (CATEGORIES["lesion"], "SCT")


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_tables_saved_in_other_countries_are_read_as_well(delimiter: str) -> None:
    content = CSV.replace(",", delimiter).replace("\n", "\r\n").encode("utf-8-sig")
    assert read_label_list(content) == read_label_list(CSV.encode())


def test_json_says_the_same_as_csv() -> None:
    names = CSV.splitlines()[0].split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in CSV.splitlines()[1:]]
    assert read_label_list(json.dumps(rows).encode()) == read_label_list(CSV.encode())


def test_a_segment_has_the_colour_of_the_list_or_the_usual_one() -> None:
    liver, kidney, _ = read_label_list(CSV.encode())
    assert liver.segment(3).color == default_color(3)
    assert kidney.segment(3).color == (230, 159, 0)
    assert kidney.segment(3).type_modifier == LEFT


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "columns"),
        (b"label\n", "empty"),
        (b"[]", "empty"),
        (b"name,code\nLiver,1\n", "name"),
        (b"code\n1\n", "label"),
        (b"label,label\nLiver,Liver\n", "twice"),
        (b"label\nLiver,1,2\n", "Line 2"),
        (b"label\nLiver\nthe thing I mean\n", "Line 3.*no code is known"),
        (b"label,color\nLiver,red\n", "#rrggbb"),
        (b"label,side\nLiver,up\n", "left, right"),
        (b"label,code,category\nA,1,planet\n", "one of anatomy"),
        (b"label,code\n" + b"x" * 65 + b",1\n", "64 characters"),
        (b"label,code\nA," + b"1" * 70_000 + b"\n", "Line 2"),
        (b'label\n"Liver\n', "Line 2"),
        (b"\xff\xfe", "UTF-8"),
        (b"{", "brackets"),
        (b'{"label": "Liver"}', "list of objects"),
        (b'[{"label": 1.5}]', "text"),
        (b"[" * 100_000, "brackets"),
        (b"label,code\n" + b"A,1\n" * (MOST_LABELS + 1), "at most 500"),
        (b" " * 1_000_001, "1 MB"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, said: str) -> None:
    with pytest.raises(LabelListError, match=said):
        read_label_list(content)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_content_is_read_or_refused(content: bytes) -> None:
    try:
        labels = read_label_list(content)
    except LabelListError:
        return
    assert labels
