"""What is kept of examples from request to request: masks never depend on it."""

import gc
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from core.network.engine import Engine
from core.proposals.correction import correct_slice, ready_slice
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.network_prompt import NetworkPrompt
from core.proposals.proposer import propose
from core.proposals.recent_examples import RecentExamples, digest_of_masks
from core.segments.ends import Ends
from tests.proposals.conftest import examples_of

SPACING = (2.0, 1.0, 1.0)


@pytest.fixture
def recent() -> RecentExamples[NetworkPrompt]:
    return RecentExamples()


@pytest.fixture
def asked(untrained_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many queries the network was asked at a time."""
    queries: list[int] = []
    predict = untrained_engine.predict

    def counting(pictures: Any, *arguments: Any) -> np.ndarray:
        queries.append(len(pictures))
        return predict(pictures, *arguments)

    monkeypatch.setattr(untrained_engine, "predict", counting)
    return queries


def proposed(
    volume: np.ndarray,
    segments: list[SegmentExamples],
    engine: Engine,
    recent: Any = None,
    **options: Any,
) -> list[Proposal]:
    kept = None if recent is None else recent.of("balls", volume)
    return list(propose(volume, SPACING, "MR", segments, engine=engine, recent=kept, **options))


def same(one: list[Proposal], other: list[Proposal]) -> bool:
    """Whether the same is proposed in the same order, to the bit."""
    return len(one) == len(other) and all(
        (first.segment, first.slice, first.expected_dice)
        == (second.segment, second.slice, second.expected_dice)
        and np.array_equal(first.mask, second.mask)
        for first, second in zip(one, other, strict=True)
    )


@pytest.fixture(params=["between", "ends stated"])
def segments(
    request: pytest.FixtureRequest, balls: tuple[np.ndarray, dict[int, np.ndarray]]
) -> list[SegmentExamples]:
    known = examples_of(balls[1], (8, 12, 16))
    if request.param == "between":
        return known
    return [SegmentExamples(one.number, one.masks, Ends(6, 18)) for one in known]


def test_what_is_asked_again_is_the_same_to_the_bit_and_asks_the_network_nothing(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    segments: list[SegmentExamples],
    untrained_engine: Engine,
    recent: RecentExamples[NetworkPrompt],
    asked: list[int],
) -> None:
    expected = proposed(balls[0], segments, untrained_engine)
    assert same(proposed(balls[0], segments, untrained_engine, recent), expected)
    asked.clear()
    steps: list[tuple[int, int]] = []
    again = proposed(
        balls[0], segments, untrained_engine, recent, progress=lambda *step: steps.append(step)
    )
    assert same(again, expected)
    assert asked == []
    assert steps == sorted(steps) and steps[-1][0] == steps[-1][1] > 0


def test_a_slice_and_then_the_whole_series_give_the_masks_of_the_series_alone(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    segments: list[SegmentExamples],
    untrained_engine: Engine,
    recent: RecentExamples[NetworkPrompt],
    asked: list[int],
) -> None:
    expected = proposed(balls[0], segments, untrained_engine)
    alone = sum(asked)
    asked.clear()
    few = proposed(balls[0], segments, untrained_engine, slices=(10, 14))
    assert same(proposed(balls[0], segments, untrained_engine, recent, slices=(10, 14)), few)
    asked.clear()
    assert same(proposed(balls[0], segments, untrained_engine, recent), expected)
    assert 0 < sum(asked) < alone


def test_only_the_segment_that_has_a_new_example_is_worked_out_again(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    recent: RecentExamples[NetworkPrompt],
    asked: list[int],
) -> None:
    first, second = examples_of(balls[1], (8, 12, 16))
    proposed(balls[0], [first, second], untrained_engine, recent)
    more = SegmentExamples(2, {**second.masks, 14: balls[1][2][14]})
    asked.clear()
    expected = proposed(balls[0], [first, more], untrained_engine)
    whole = sum(asked)
    asked.clear()
    alone = proposed(balls[0], [more], untrained_engine)
    of_one = sum(asked)
    asked.clear()
    assert same(proposed(balls[0], [first, more], untrained_engine, recent), expected)
    assert sum(asked) == of_one < whole
    assert alone


def test_another_volume_or_mask_is_another_question(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    recent: RecentExamples[NetworkPrompt],
) -> None:
    segments = examples_of(balls[1], (8, 12, 16))
    proposed(balls[0], segments, untrained_engine, recent)
    turned = np.ascontiguousarray(balls[0][::-1])
    expected = list(propose(turned, SPACING, "MR", segments, engine=untrained_engine))
    kept = recent.of("turned", turned)
    found = propose(turned, SPACING, "MR", segments, engine=untrained_engine, recent=kept)
    assert same(list(found), expected)
    smaller = balls[1][1][12].copy()
    smaller[:20] = False
    changed = [SegmentExamples(1, {**segments[0].masks, 12: smaller}), segments[1]]
    expected = proposed(balls[0], changed, untrained_engine)
    assert same(proposed(balls[0], changed, untrained_engine, recent), expected)


def test_hints_get_the_same_answer(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    recent: RecentExamples[NetworkPrompt],
) -> None:
    segment = examples_of(balls[1], (8, 12, 16))[0]
    added = np.zeros_like(balls[1][1][10])
    added[30:34, 20:26] = True
    answers = []
    for kept in (None, recent.of("balls", balls[0]), recent.of("balls", balls[0])):
        ready = ready_slice(
            balls[0], SPACING, "MR", segment, 10, balls[1][1][10], untrained_engine, kept
        )
        answers.append(correct_slice(ready, added, np.zeros_like(added)))
    assert np.array_equal(answers[0], answers[1]) and np.array_equal(answers[0], answers[2])


def test_what_is_kept_is_let_go_of_with_the_volume(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    recent: RecentExamples[NetworkPrompt],
) -> None:
    volume = balls[0].copy()
    segments = examples_of(balls[1], (8, 12, 16))
    proposed(volume, segments, untrained_engine, recent)
    assert recent.nbytes > 0
    opened_again = volume.copy()
    recent.of("balls", opened_again)
    del volume
    gc.collect()
    assert recent.nbytes > 0
    del opened_again
    gc.collect()
    assert recent.nbytes == 0


@dataclass
class Piece:
    """Something of a size."""

    nbytes: int


@pytest.fixture
def volume() -> np.ndarray:
    return np.zeros((1, 2, 3))


def test_what_was_not_used_for_longest_is_dropped_first(volume: np.ndarray) -> None:
    recent: RecentExamples[Piece] = RecentExamples(100)
    series = recent.of("series", volume)
    first = Piece(40)
    for name, piece in (("first", first), ("second", Piece(40))):
        series.keep(name, piece)
    assert series.get("first") is first
    series.keep("third", Piece(50))
    assert series.get("second") is None and series.get("first") is first
    first.nbytes = 90  # it grows when it is used
    series.keep("fourth", Piece(20))
    assert series.get("third") is None and series.get("first") is None
    assert recent.nbytes == 20
    series.keep("huge", Piece(1000))
    assert series.get("huge") is not None and recent.nbytes == 1000


def test_the_range_of_a_series_is_worked_out_once(volume: np.ndarray) -> None:
    recent: RecentExamples[Piece] = RecentExamples()
    asked = []

    def work_out() -> tuple[float, float]:
        asked.append(1)
        return (1.0, 2.0)

    for modality in ("MR", "MR", "PT"):
        assert recent.of("series", volume).value_range(modality, work_out) == (1.0, 2.0)
    assert len(asked) == 2


def test_masks_are_named_by_their_pixels_and_places() -> None:
    mask = np.zeros((5, 7), bool)
    other = mask.copy()
    other[4, 6] = True
    names = {
        digest_of_masks(masks)
        for masks in ({1: mask}, {2: mask}, {1: other}, {1: mask, 2: other}, {1: mask.T}, {})
    }
    assert len(names) == 6
    assert digest_of_masks({1: mask, 2: other}) == digest_of_masks({2: other, 1: mask})
