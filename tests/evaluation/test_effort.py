"""The simulated annotator, with and without the program."""

from itertools import pairwise

import numpy as np
import pytest

from core.evaluation.cases import LabelledVolume
from core.evaluation.effort import CLICK, Effort, annotate, evaluate_effort
from core.network.engine import Engine
from core.network.overlap import dice
from tests.proposals.conftest import untrained_engine

__all__ = ["untrained_engine"]


@pytest.fixture(scope="module")
def cylinder() -> LabelledVolume:
    """A cylinder over slices 2 to 7 of 10: two slices say everything about it."""
    mask = np.zeros((10, 24, 24), dtype=bool)
    y, x = np.mgrid[:24, :24]
    mask[2:8] = (y - 12) ** 2 + (x - 12) ** 2 < 36
    image = (200 * mask + np.random.default_rng(1).normal(0, 5, mask.shape)).astype(np.float32)
    return LabelledVolume("tube", "tubes", "tube", "MR", image, mask, (2.0, 1.0, 1.0))


def test_the_annotator_starts_with_the_largest_slice_and_ends_with_the_truth(
    cylinder: LabelledVolume, untrained_engine: Engine
) -> None:
    for states_ends in (True, False):
        states = list(annotate(cylinder, untrained_engine, states_ends=states_ends))
        assert states[0].found[2].any()
        assert len(states) <= len(cylinder.mask) + states_ends
        assert np.array_equal(states[-1].found, cylinder.mask)
        assert (states[-1].clicks > 0) == states_ends


def test_once_the_ends_are_stated_nothing_lies_beyond_them(
    cylinder: LabelledVolume, untrained_engine: Engine
) -> None:
    stated = [one for one in annotate(cylinder, untrained_engine) if one.clicks == 2]
    assert stated
    for state in stated:
        present = np.flatnonzero(state.found.any(axis=(1, 2)))
        assert (present[0], present[-1]) == (2, 7)


def test_clicks_are_counted_apart_and_as_a_fifth_of_a_touch() -> None:
    effort = Effort(touched=(1, 4), clicks=(2, 2), changed=(1.0, 2.3))
    assert effort.by_target() == {"0.90": 1, "0.95": 4}
    assert effort.with_clicks() == {"0.90": 1.4, "0.95": 4.4}
    assert effort.as_corrections() == {"0.90": 1.4, "0.95": 2.7}


def test_a_touch_counts_as_the_share_of_the_slice_that_has_to_be_changed(
    cylinder: LabelledVolume, untrained_engine: Engine
) -> None:
    states = list(annotate(cylinder, untrained_engine))
    assert states[0].changed == 1
    for before, after in pairwise(states):
        touched = after.clicks == before.clicks
        assert CLICK * touched - 1e-9 <= after.changed - before.changed <= touched + 1e-9


def test_the_annotator_draws_only_the_truth(
    cylinder: LabelledVolume, untrained_engine: Engine
) -> None:
    states = annotate(cylinder, untrained_engine, states_ends=False)
    for count, state in enumerate(states, start=1):
        right = sum(
            np.array_equal(mask, truth)
            for mask, truth in zip(state.found, cylinder.mask, strict=True)
        )
        assert right >= min(count, len(cylinder.mask))


def test_two_slices_are_enough_for_the_baseline(
    cylinder: LabelledVolume, untrained_engine: Engine
) -> None:
    report = evaluate_effort([cylinder], untrained_engine)
    (case,) = report["cases"]
    # A single slice is copied over the whole extent, whose ends this person knows.
    assert case["baseline"] == {"0.90": 1, "0.95": 1}
    assert report["baseline_share"]["0.90"] == pytest.approx(1 / 6)
    assert case["touched"]["0.90"] <= case["touched"]["0.95"]


def test_means_are_taken_within_a_data_set_first(
    cylinder: LabelledVolume, untrained_engine: Engine
) -> None:
    short = LabelledVolume(
        "t2", "others", "t", "MR", cylinder.image[:5], cylinder.mask[:5], cylinder.spacing
    )
    report = evaluate_effort([cylinder, cylinder, short], untrained_engine)
    shares = [case["touched"]["0.95"] / case["slices"] for case in report["cases"]]
    assert report["mean_share"]["0.95"] == pytest.approx((shares[0] + shares[2]) / 2)
    assert dice(short.mask, short.mask) == 1
