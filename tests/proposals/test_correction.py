import numpy as np
import pytest

from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.proposals.correction import ReadySlice, correct_slice, ready_slice
from core.proposals.examples import SegmentExamples
from core.proposals.extent import slices_to_follow
from core.proposals.proposer import propose

SPACING = (2.0, 1.0, 1.0)
SLICE = 10


@pytest.fixture(scope="module")
def ball(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, SegmentExamples]:
    """One of the balls alone, with examples on both sides of `SLICE`."""
    volume, masks = balls
    return volume, masks[1], SegmentExamples(1, {i: masks[1][i] for i in (7, 13, 16)})


@pytest.fixture(scope="module")
def too_small(ball: tuple[np.ndarray, np.ndarray, SegmentExamples]) -> ReadySlice:
    """A ready slice whose mask lacks a half of the structure, with the bundled weights."""
    volume, truth, examples = ball
    mask = truth[SLICE].copy()
    mask[:, 25:] = False
    return ready_slice(volume, SPACING, "MR", examples, SLICE, mask, load_engine("default", "cpu"))


def disc(y: float, x: float, radius: float = 1.5) -> np.ndarray:
    rows, columns = np.mgrid[:60, :50]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


NOTHING = np.zeros((60, 50), bool)


def test_a_small_stroke_brings_back_a_missing_half(
    ball: tuple[np.ndarray, np.ndarray, SegmentExamples], too_small: ReadySlice
) -> None:
    truth = ball[1][SLICE]
    found = correct_slice(too_small, disc(22, 31), NOTHING)
    painted = too_small.mask | disc(22, 31)
    assert dice(found, truth) > 0.9 > dice(painted, truth)


def test_a_small_stroke_removes_what_does_not_belong(
    ball: tuple[np.ndarray, np.ndarray, SegmentExamples],
) -> None:
    volume, truth, examples = ball
    wrong = truth[SLICE] | disc(6, 25, 12)
    ready = ready_slice(volume, SPACING, "MR", examples, SLICE, wrong, load_engine("default"))
    found = correct_slice(ready, NOTHING, disc(2, 25, 2))
    painted = wrong & ~disc(2, 25, 2)
    assert dice(found, truth[SLICE]) > 0.92 > dice(painted, truth[SLICE])


@pytest.mark.parametrize("seed", range(5))
def test_the_answer_respects_strokes_exactly(
    ball: tuple[np.ndarray, np.ndarray, SegmentExamples], untrained_engine: Engine, seed: int
) -> None:
    volume, truth, examples = ball
    random = np.random.default_rng(seed)
    ready = ready_slice(volume, SPACING, "MR", examples, SLICE, truth[SLICE], untrained_engine)
    added, removed = (random.random((60, 50)) < share for share in (0.02, 0.01))
    found = correct_slice(ready, added, removed)
    assert found[added & ~removed].all()
    assert not found[removed].any()


def test_nothing_changes_where_nobody_pointed(
    ball: tuple[np.ndarray, np.ndarray, SegmentExamples], untrained_engine: Engine
) -> None:
    volume, truth, examples = ball
    parted = truth[SLICE] | disc(52, 10, 4)
    ready = ready_slice(volume, SPACING, "MR", examples, SLICE, parted, untrained_engine)
    assert np.array_equal(correct_slice(ready, NOTHING, NOTHING), parted)
    found = correct_slice(ready, NOTHING, disc(22, 25))
    assert found[disc(52, 10, 4)].all()


def test_strokes_that_agree_with_the_mask_change_nothing(too_small: ReadySlice) -> None:
    inside = too_small.mask & disc(22, 20)
    assert np.array_equal(correct_slice(too_small, inside, disc(55, 5)), too_small.mask)


def test_without_examples_strokes_are_painted(
    ball: tuple[np.ndarray, np.ndarray, SegmentExamples], untrained_engine: Engine
) -> None:
    volume, _, _ = ball
    ready = ready_slice(
        volume, SPACING, "MR", SegmentExamples(1, {}), SLICE, NOTHING, untrained_engine
    )
    assert np.array_equal(correct_slice(ready, disc(20, 20), NOTHING), disc(20, 20))


def test_strokes_of_another_size_are_refused(too_small: ReadySlice) -> None:
    with pytest.raises(ValueError, match="removed"):
        correct_slice(too_small, NOTHING, np.zeros((50, 60), bool))


def test_neighbours_follow_a_corrected_slice_and_others_stay(
    ball: tuple[np.ndarray, np.ndarray, SegmentExamples], untrained_engine: Engine
) -> None:
    volume, truth, examples = ball
    assert slices_to_follow(examples.masks, SLICE, len(volume)) == [8, 9, 11, 12]
    assert slices_to_follow(examples.masks, 17, len(volume)) == [18, 19, 20, 21, 22, 23]
    corrected = SegmentExamples(1, {**examples.masks, SLICE: truth[SLICE]})
    followed = slices_to_follow(examples.masks, SLICE, len(volume))
    found = propose(volume, SPACING, "MR", [corrected], engine=untrained_engine, slices=followed)
    assert {proposal.slice for proposal in found} == set(followed)
