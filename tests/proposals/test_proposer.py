from collections.abc import Iterable

import numpy as np
import pytest
import torch

from core.network.engine import Engine
from core.proposals.examples import Proposal
from core.proposals.methods import METHODS
from core.proposals.proposer import SegmentExamples, propose
from core.segments.ends import Ends
from tests.proposals.conftest import examples_of

SPACING = (2.0, 1.0, 1.0)


def newest(proposals: Iterable[Proposal]) -> dict[tuple[int, int], Proposal]:
    return {(proposal.segment, proposal.slice): proposal for proposal in proposals}


@pytest.fixture(scope="module", params=METHODS)
def everything(
    request: pytest.FixtureRequest,
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> list[Proposal]:
    """All that is proposed for both balls from three slices, in order."""
    volume, masks = balls
    segments = examples_of(masks, (8, 12, 16))
    return list(
        propose(volume, SPACING, "MR", segments, engine=untrained_engine, method=request.param)
    )


def test_examples_are_never_proposed(everything: list[Proposal]) -> None:
    assert not {proposal.slice for proposal in everything} & {8, 12, 16}


def test_every_slice_between_examples_is_proposed(everything: list[Proposal]) -> None:
    between = {(number, index) for number in (1, 2) for index in (9, 10, 11, 13, 14, 15)}
    assert between <= set(newest(everything))


def test_the_first_proposals_come_nearest_to_examples_first(everything: list[Proposal]) -> None:
    first: dict[tuple[int, int], Proposal] = {}
    for proposal in everything:
        first.setdefault((proposal.segment, proposal.slice), proposal)
    gaps = [min(abs(index - known) for known in (8, 12, 16)) for _, index in first]
    assert gaps == sorted(gaps)


def test_exclusive_segments_never_overlap_at_any_moment(everything: list[Proposal]) -> None:
    shown = {}
    for proposal in everything:
        shown[proposal.segment, proposal.slice] = proposal.mask
        other = shown.get((3 - proposal.segment, proposal.slice))
        # The final proposals replace the masks of one slice together.
        if proposal.expected_dice is None and other is not None:
            assert not (proposal.mask & other).any()
    final = newest(everything)
    for number, index in final:
        if number == 1 and (2, index) in final:
            assert not (final[1, index].mask & final[2, index].mask).any()


def test_masks_are_whole_slices(
    everything: list[Proposal], balls: tuple[np.ndarray, dict[int, np.ndarray]]
) -> None:
    for proposal in everything:
        assert proposal.mask.dtype == bool and proposal.mask.shape == balls[0].shape[1:]


def test_the_dice_to_expect_comes_with_the_newest_proposal(everything: list[Proposal]) -> None:
    for proposal in newest(everything).values():
        if proposal.mask.any():
            assert proposal.expected_dice is not None
            assert 0 <= proposal.expected_dice <= 1


def test_two_examples_are_enough_to_expect_something(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    segments = examples_of({1: masks[1]}, (8, 14))
    found = newest(propose(volume, SPACING, "MR", segments, engine=untrained_engine)).values()
    shown = [proposal.expected_dice for proposal in found if proposal.mask.any()]
    assert shown and all(dice is not None and 0 <= dice <= 1 for dice in shown)


def test_interpolation_needs_no_network_and_recovers_the_balls(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
) -> None:
    volume, masks = balls
    segments = examples_of(masks, (7, 10, 12, 14, 17))
    found = newest(propose(volume, SPACING, "MR", segments, engine=None, method="interpolation"))
    assert sorted({index for _, index in found}) == [8, 9, 11, 13, 15, 16]
    for (number, index), proposal in found.items():
        truth = masks[number][index]
        dice = 2 * (proposal.mask & truth).sum() / (proposal.mask.sum() + truth.sum())
        assert dice > 0.9, (number, index)


def test_slices_that_are_known_to_be_empty_end_the_search(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    nothing = np.zeros(volume.shape[1:], bool)
    drawn = {5: nothing, 8: masks[1][8], 16: masks[1][16], 19: nothing}
    segments = [SegmentExamples(1, drawn)]
    for method in METHODS:
        found = propose(volume, SPACING, "MR", segments, engine=untrained_engine, method=method)
        assert {proposal.slice for proposal in found} <= set(range(6, 19)) - {8, 16}


def test_a_segment_without_a_pixel_gets_no_proposals(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, _ = balls
    nothing = np.zeros(volume.shape[1:], bool)
    segments = [SegmentExamples(1, {3: nothing, 9: nothing}), SegmentExamples(2, {})]
    assert not list(propose(volume, SPACING, "MR", segments, engine=untrained_engine))


def test_one_example_is_enough_to_begin(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    segments = [SegmentExamples(1, {12: masks[1][12]})]
    found = newest(propose(volume, SPACING, "MR", segments, engine=untrained_engine))
    assert {(1, 11), (1, 13)} <= set(found)


def test_drawn_pixels_of_an_exclusive_segment_are_kept_even_if_it_is_not_proposed(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    everywhere = np.ones(volume.shape[1:], bool)
    segments = [
        SegmentExamples(1, {8: masks[1][8], 16: masks[1][16]}),
        SegmentExamples(2, {12: everywhere}),
    ]
    found = newest(propose(volume, SPACING, "MR", segments, engine=untrained_engine, wanted=[1]))
    assert {number for number, _ in found} == {1}
    assert not found[1, 12].mask.any()
    free = newest(
        propose(volume, SPACING, "MR", segments, engine=None, method="interpolation", exclusive=[])
    )
    assert free[1, 12].mask.any()


def test_where_every_slice_is_drawn_nothing_is_computed(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    asked = []
    examples = [SegmentExamples(1, dict(enumerate(masks[1])))]
    found = propose(
        volume,
        SPACING,
        "MR",
        examples,
        engine=untrained_engine,
        progress=lambda done, total: asked.append(done),
    )
    assert list(found) == []
    assert set(asked) <= {0}


def test_cancelling_ends_the_proposals(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    found: list[Proposal] = []
    for proposal in propose(
        volume,
        SPACING,
        "MR",
        examples_of(masks, (6, 18)),
        engine=untrained_engine,
        cancelled=lambda: len(found) >= 3,
    ):
        found.append(proposal)
    assert 3 <= len(found) <= 6


def test_a_thousand_slices_between_two_examples_move_in_small_steps_and_end_when_cancelled(
    untrained_engine: Engine,
) -> None:
    volume = np.random.default_rng(1).normal(0, 9, (1000, 32, 32)).astype(np.int16)
    mask = np.zeros((32, 32), bool)
    mask[8:20, 9:22] = True
    reported: list[int] = []
    found = propose(
        volume,
        SPACING,
        "MR",
        [SegmentExamples(1, {0: mask, 999: mask})],
        engine=untrained_engine,
        cancelled=lambda: bool(reported) and reported[-1] >= 40,
        progress=lambda done, total: reported.append(done),
    )
    assert list(found) == []
    assert np.diff([0, *reported]).max() <= 4
    assert sum(done > 40 for done in reported) <= torch.get_num_threads()


def test_progress_ends_where_it_said(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    steps = []
    list(
        propose(
            volume,
            SPACING,
            "MR",
            examples_of(masks, (8, 12, 16)),
            engine=untrained_engine,
            progress=lambda done, total: steps.append((done, total)),
        )
    )
    done = [step for step, _ in steps]
    assert done == sorted(done)
    assert all(step <= total for step, total in steps)
    assert steps[-1][0] == steps[-1][1] > 0


def test_the_same_input_gives_the_same_proposals(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    segments = examples_of(masks, (8, 16))
    runs = [
        newest(propose(volume, SPACING, "MR", segments, engine=untrained_engine)) for _ in range(2)
    ]
    assert runs[0].keys() == runs[1].keys()
    for key, proposal in runs[0].items():
        assert np.array_equal(proposal.mask, runs[1][key].mask)


@pytest.mark.parametrize(
    ("segments", "said"),
    [
        ([SegmentExamples(1, {24: np.zeros((60, 50), bool)})], "slices 0 to 23"),
        ([SegmentExamples(1, {2: np.zeros((50, 60), bool)})], "shape"),
        ([SegmentExamples(1, {2: np.zeros((60, 50), np.uint8)})], "bool"),
        ([SegmentExamples(1, {}), SegmentExamples(1, {})], "once"),
    ],
)
def test_examples_of_another_volume_are_refused(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    segments: list[SegmentExamples],
    said: str,
) -> None:
    with pytest.raises(ValueError, match=said):
        next(propose(balls[0], SPACING, "MR", segments, engine=untrained_engine), None)


def test_a_network_method_without_a_network_is_refused(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
) -> None:
    with pytest.raises(ValueError, match="engine"):
        next(propose(balls[0], SPACING, "MR", [], engine=None), None)


def test_nothing_is_proposed_beyond_the_stated_ends(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    examples = SegmentExamples(1, {12: masks[1][12]}, Ends(8, 15))
    for method in ("auto", "interpolation"):
        found = propose(volume, SPACING, "MR", [examples], engine=untrained_engine, method=method)
        proposed = {one.slice: one for one in found}
        assert sorted(proposed) == [8, 9, 10, 11, 13, 14, 15]
        assert all(one.mask.any() for one in proposed.values())


def test_a_structure_cut_off_by_the_series_is_followed_to_its_last_slice(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    examples = SegmentExamples(1, {12: masks[1][12], 16: masks[1][16]}, Ends(None, 23))
    found = propose(volume, SPACING, "MR", [examples], engine=untrained_engine)
    assert {one.slice for one in found} >= set(range(17, 24))


def test_nothing_is_computed_where_every_slice_within_the_ends_is_drawn(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    drawn = {index: masks[1][index] for index in (11, 12, 13)}
    examples = SegmentExamples(1, drawn, Ends(11, 13))
    steps = []
    found = propose(
        volume,
        SPACING,
        "MR",
        [examples],
        engine=untrained_engine,
        progress=lambda done, total: steps.append((done, total)),
    )
    assert list(found) == []
    assert steps == [(0, 0)]


def test_a_drawing_beyond_a_stated_end_outweighs_it(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    volume, masks = balls
    examples = SegmentExamples(1, {12: masks[1][12], 16: masks[1][16]}, Ends(11, 14))
    found = propose(volume, SPACING, "MR", [examples], engine=untrained_engine)
    assert {one.slice for one in found} == {11, 13, 14, 15}


def test_an_end_outside_the_volume_is_refused(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
) -> None:
    volume, masks = balls
    examples = SegmentExamples(1, {12: masks[1][12]}, Ends(8, 24))
    with pytest.raises(ValueError, match="end on slice 24"):
        list(propose(volume, SPACING, "MR", [examples], engine=None, method="interpolation"))
