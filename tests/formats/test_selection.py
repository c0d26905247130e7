"""What is exported under which name."""

from dataclasses import replace

import numpy as np

from core.annotation.run_length import encode_runs
from core.annotation.states import SliceState
from core.annotation.store import SliceAnnotation
from core.formats.selection import (
    absent_segments,
    reviewed_segments,
    unreviewed_segments,
    weights_of,
)
from core.segments.segment import (
    MAX_LABEL_LENGTH,
    Code,
    Segment,
    SegmentDetails,
    default_color,
)
from tests.support.segments import ANATOMY

LUNG = Code("39607008", "SCT", "Lung")


def segment(number: int, label: str) -> Segment:
    return Segment(number, label, default_color(number), ANATOMY, LUNG)


def annotated(
    number: int, index: int, state: SliceState, weights: str | None = None
) -> SliceAnnotation:
    mask = np.zeros((8, 8), bool)
    mask[2:4, 2:4] = state is not SliceState.CONFIRMED_EMPTY
    pixels = int(mask.sum())
    runs = encode_runs(mask) if pixels else None
    return SliceAnnotation(
        number, index, (8, 8), state, version=1, runs=runs, pixels=pixels, weights=weights
    )


ANNOTATION = {
    (1, 0): annotated(1, 0, SliceState.DRAWN),
    (1, 1): annotated(1, 1, SliceState.CONFIRMED_EMPTY),
    (2, 0): annotated(2, 0, SliceState.DRAWN),
    (2, 1): annotated(2, 1, SliceState.CORRECTED, "first"),
    (2, 2): annotated(2, 2, SliceState.PROPOSED, "second"),
    (5, 2): annotated(5, 2, SliceState.PROPOSED, "second"),
}
SEGMENTS = [segment(1, "One"), segment(2, "Two"), segment(5, "F" * MAX_LABEL_LENGTH)]


def test_only_what_a_person_stands_behind_is_reviewed() -> None:
    one, two = reviewed_segments(SEGMENTS, ANNOTATION)
    assert (one.segment.label, list(one.masks), one.algorithm) == ("One", [0], "MANUAL")
    assert (two.segment.label, list(two.masks), two.algorithm) == ("Two", [0, 1], "SEMIAUTOMATIC")


def test_the_rest_gets_numbers_and_names_of_its_own_that_dicom_can_hold() -> None:
    two, five = unreviewed_segments(SEGMENTS, ANNOTATION)
    assert two.segment.label == "Two (unreviewed)"
    assert five.segment.label.endswith("F (unreviewed)")
    assert len(five.segment.label) == MAX_LABEL_LENGTH
    numbers = [two.segment.number, five.segment.number]
    assert min(numbers) > 5 and len(set(numbers)) == 2
    assert {two.algorithm, five.algorithm} == {"AUTOMATIC"}


def test_the_weights_named_are_those_behind_what_is_exported() -> None:
    assert weights_of(ANNOTATION, unreviewed=False) == "first"
    assert weights_of(ANNOTATION, unreviewed=True) == "first, second"
    assert weights_of({}, unreviewed=True) is None


def test_another_program_is_named_where_no_weights_of_ours_took_part() -> None:
    details = SegmentDetails(algorithm_name="TotalSegmentator", algorithm_version="2.4")
    segments = [replace(one, details=details) for one in SEGMENTS]
    annotation = ANNOTATION | {(1, 2): annotated(1, 2, SliceState.ACCEPTED)}
    one, two = reviewed_segments(segments, annotation)
    assert (one.algorithm_name, one.algorithm_version) == ("TotalSegmentator", "2.4")
    assert (two.algorithm_name, two.algorithm_version) == ("", "")


def test_the_state_of_every_slice_goes_with_it() -> None:
    _, two = reviewed_segments(SEGMENTS, ANNOTATION)
    assert two.states == {0: "drawn", 1: "corrected"}


def test_a_segment_is_absent_where_every_slice_was_confirmed_to_be_without_it() -> None:
    empty = {(5, index): annotated(5, index, SliceState.CONFIRMED_EMPTY) for index in range(3)}
    (five,) = absent_segments(SEGMENTS, ANNOTATION | empty, 3)
    assert (five.segment.number, dict(five.masks), five.absent) == (5, {}, True)
    assert absent_segments(SEGMENTS, ANNOTATION | empty, 4) == []


def test_the_teachers_named_are_those_behind_the_masks_of_a_segment() -> None:
    taught = replace(annotated(1, 0, SliceState.ACCEPTED, "first"), teachers=("1.3", "1.2"))
    other = replace(annotated(1, 1, SliceState.PROPOSED, "first"), teachers=("1.4",))
    own = annotated(2, 0, SliceState.DRAWN)
    annotation = {(one.segment_number, one.slice_index): one for one in (taught, other, own)}
    segments = [segment(1, "Liver"), segment(2, "Spleen")]
    first, second = reviewed_segments(segments, annotation)
    assert (first.teachers, second.teachers) == (("1.2", "1.3"), ())
    (unreviewed,) = unreviewed_segments(segments, annotation)
    assert unreviewed.teachers == ("1.4",)
