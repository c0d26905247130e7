"""Segments of two readings are matched by what they are, not by their numbers."""

from dataclasses import replace

from core.projects.reading_pairs import pair_segments
from core.segments.anatomy import LEFT
from tests.support.segments import LIVER, SPLEEN
from tests.support.stored_series import segment


def test_segments_of_the_same_name_and_codes_belong_together_whatever_their_numbers() -> None:
    first = {1: segment(1, LIVER), 2: segment(2, SPLEEN)}
    second = {1: segment(1, SPLEEN), 4: segment(4, LIVER)}
    pairs = pair_segments(first, second)
    assert [(pair.number, pair.first, pair.second) for pair in pairs] == [(1, 1, 4), (2, 2, 1)]


def test_segments_of_one_reading_alone_are_kept_under_numbers_of_their_own() -> None:
    first = {3: segment(3, LIVER)}
    second = {3: segment(3, SPLEEN), 5: replace(segment(5, LIVER), type_modifier=LEFT)}
    pairs = pair_segments(first, second)
    assert [(pair.number, pair.first, pair.second) for pair in pairs] == [
        (3, 3, None),
        (4, None, 3),
        (5, None, 5),
    ]
    assert [pair.segment.number for pair in pairs] == [3, 4, 5]


def test_two_segments_alike_are_matched_one_by_one() -> None:
    first = {1: segment(1, LIVER), 2: segment(2, LIVER)}
    pairs = pair_segments(first, {1: segment(1, LIVER)})
    assert [(pair.first, pair.second) for pair in pairs] == [(1, 1), (2, None)]
