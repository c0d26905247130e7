from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.evaluation.cases import LabelledVolume, read_volumes
from core.evaluation.cohort import mean_expected
from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.proposals.adaptation import AdaptedEngines
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.from_other_series import propose_from_teachers
from core.proposals.teacher_adaptation import STEPS
from core.proposals.teachers import ReferenceSeries, beyond_examples

SPACING = (2.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def reference(balls: tuple[np.ndarray, dict[int, np.ndarray]]) -> ReferenceSeries:
    """Every other slice of the balls, empty ones included."""
    volume, masks = balls
    segments = [
        SegmentExamples(number, {index: mask[index] for index in range(0, 24, 2)})
        for number, mask in masks.items()
    ]
    return ReferenceSeries(volume, SPACING, "MR", tuple(segments))


def test_every_slice_is_proposed_and_no_dice_is_expected(
    reference: ReferenceSeries,
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    volume = balls[0][9:11]
    steps = []
    found = list(
        propose_from_teachers(
            [reference],
            volume,
            SPACING,
            "MR",
            engine=untrained_engine,
            progress=lambda done, total: steps.append((done, total)),
        )
    )
    assert sorted((proposal.segment, proposal.slice) for proposal in found) == [
        (number, index) for number in (1, 2) for index in range(2)
    ]
    assert all(
        proposal.expected_dice is None and proposal.mask.shape == (60, 50) for proposal in found
    )
    assert steps[-1][0] == steps[-1][1]


def test_exclusive_segments_share_no_pixel(
    reference: ReferenceSeries,
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    masks = {}
    for proposal in propose_from_teachers(
        [reference],
        balls[0][10:12],
        SPACING,
        "MR",
        engine=untrained_engine,
        exclusive=frozenset({1, 2}),
    ):
        masks[proposal.segment, proposal.slice] = proposal.mask
    assert not any((masks[1, index] & masks[2, index]).any() for index in range(2))


def test_teachers_that_count_the_other_way_round_are_turned(
    reference: ReferenceSeries,
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    axes = np.eye(3)
    turned = ReferenceSeries(
        reference.volume[::-1, :, ::-1],
        SPACING,
        "MR",
        tuple(
            SegmentExamples(
                one.number, {23 - index: mask[:, ::-1] for index, mask in one.masks.items()}
            )
            for one in reference.segments
        ),
        axes * [[-1], [1], [-1]],
    )
    straight = ReferenceSeries(reference.volume, SPACING, "MR", reference.segments, axes)
    runs = [
        [
            proposal.mask
            for proposal in propose_from_teachers(
                [teacher], balls[0][10:12], SPACING, "MR", engine=untrained_engine, axes=axes
            )
        ]
        for teacher in (straight, turned)
    ]
    assert np.array_equal(runs[0], runs[1])


def test_no_teacher_is_refused(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    with pytest.raises(ValueError, match="at least"):
        next(propose_from_teachers([], balls[0], SPACING, "MR", engine=untrained_engine))


def test_a_reference_of_another_modality_is_refused(
    reference: ReferenceSeries,
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    with pytest.raises(ValueError, match="same kind"):
        next(propose_from_teachers([reference], balls[0], SPACING, "CT", engine=untrained_engine))


def test_a_reference_of_another_plane_is_refused(
    reference: ReferenceSeries,
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    axial, coronal = np.eye(3), np.eye(3)[[1, 0, 2]]
    teacher = replace(reference, axes=coronal)
    with pytest.raises(ValueError, match="another plane"):
        next(
            propose_from_teachers(
                [teacher], balls[0], SPACING, "MR", engine=untrained_engine, axes=axial
            )
        )


def test_cancelling_ends_the_work(
    reference: ReferenceSeries,
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    found = propose_from_teachers(
        [reference], balls[0], SPACING, "MR", engine=untrained_engine, cancelled=lambda: True
    )
    assert list(found) == []


@pytest.fixture
def two_teachers(
    reference: ReferenceSeries, balls: tuple[np.ndarray, dict[int, np.ndarray]]
) -> list[ReferenceSeries]:
    """The balls, and the same ones in other noise."""
    noise = np.random.default_rng(4).normal(0, 30, balls[0].shape)
    return [reference, replace(reference, volume=(balls[0] + noise).astype(np.int16))]


def proposed_within(
    volume: np.ndarray, teachers: list[ReferenceSeries], **options: Any
) -> list[Proposal]:
    """Propose two slices from the middle of a volume."""
    return list(propose_from_teachers(teachers, volume[10:12], SPACING, "MR", **options))


def test_a_network_is_adapted_to_several_teachers_once_and_asked_as_well(
    two_teachers: list[ReferenceSeries],
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    kept = AdaptedEngines()

    def steps(*, adapting: bool) -> int:
        counts: list[tuple[int, int]] = []
        found = proposed_within(
            balls[0],
            two_teachers,
            engine=untrained_engine,
            adapted=kept,
            adapting=adapting,
            progress=lambda done, total: counts.append((done, total)),
        )
        assert len(found) == 4
        assert counts[-1][0] == counts[-1][1]
        return counts[-1][0]

    alone = steps(adapting=False)
    assert steps(adapting=True) == 2 * alone + 12 * STEPS
    # What is kept is asked by whoever comes next.
    assert steps(adapting=True) == steps(adapting=False) == 2 * alone


def test_a_single_teacher_is_nothing_to_adapt_to(
    reference: ReferenceSeries,
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    plain, adapting = (
        [
            one.mask
            for one in proposed_within(
                balls[0], [reference], engine=untrained_engine, adapting=adapting
            )
        ]
        for adapting in (False, True)
    )
    assert np.array_equal(plain, adapting)


def test_adapting_may_be_cancelled_at_every_step(
    two_teachers: list[ReferenceSeries],
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    done: list[int] = []
    found = proposed_within(
        balls[0],
        two_teachers,
        engine=untrained_engine,
        adapting=True,
        progress=lambda now, total: done.append(now),
        cancelled=lambda: len(done) == 3,
    )
    assert found == []
    assert len(done) == 3


def test_a_structure_is_found_in_the_next_patient(shared_data: Path) -> None:
    """The hippocampus of one patient, from the slices of others; the estimate is near the truth."""
    names = ("001", "041", "084")
    *known, new = (
        next(
            volume
            for volume in read_volumes([shared_data / "volumes" / f"hippocampus_{name}.npz"])
            if volume.label == "1"
        )
        for name in names
    )
    teachers = [
        ReferenceSeries(
            one.image, one.spacing, "MR", (SegmentExamples(1, dict(enumerate(one.mask))),)
        )
        for one in known
    ]
    engine = load_engine("default", "cpu")
    proposals = list(propose_from_teachers(teachers, new.image, new.spacing, "MR", engine=engine))
    found = np.stack([one.mask for one in proposals])
    assert dice(found, new.mask) > 0.7
    expected = mean_expected(proposals)
    assert expected is not None and abs(expected - dice(found, new.mask)) < 0.15


def test_slices_well_beyond_the_examples_are_taken_to_be_empty() -> None:
    masks = dict.fromkeys((5, 7, 8), np.ones((2, 2), bool))
    assert beyond_examples(masks, 14) == [0, 1, 2, 11, 12, 13]
    assert beyond_examples({4: masks[5]}, 7) == [0, 1, 2, 6]


def _taught(volume: LabelledVolume, slices: slice = slice(None)) -> ReferenceSeries:
    masks = dict(enumerate(volume.mask[slices]))
    return ReferenceSeries(
        volume.image[slices], volume.spacing, volume.modality, (SegmentExamples(1, masks),)
    )


def test_a_structure_stays_absent_where_a_series_was_cut_before_it(shared_data: Path) -> None:
    """Slices of a hippocampus before its posterior part begins, from two whole ones."""
    names = ("001", "041", "084")
    *known, new = (
        next(
            volume
            for volume in read_volumes([shared_data / "volumes" / f"hippocampus_{name}.npz"])
            if volume.label == "2"
        )
        for name in names
    )
    present = np.flatnonzero(new.mask.any(axis=(1, 2)))
    before, behind = slice(0, present[0]), slice(present[-1] + 1, None)
    without = max(before, behind, key=lambda part: len(new.mask[part]))
    assert len(new.mask[without]) >= 4
    found = propose_from_teachers(
        [_taught(one) for one in known],
        new.image[without],
        new.spacing,
        "MR",
        engine=load_engine("default", "cpu"),
    )
    usual = np.median([mask.sum() for one in known for mask in one.mask if mask.any()])
    assert max(one.mask.sum() for one in found) < 0.2 * usual


def test_a_mirrored_teacher_does_not_turn_left_into_right(shared_data: Path) -> None:
    """The lungs of one patient from another whose columns are counted the other way round."""
    names = ("lung_mr_0006", "lung_mr_0007")
    known, new = (
        {one.label: one for one in read_volumes([shared_data / "volumes2" / f"{name}.npz"])}
        for name in names
    )
    labels = ("lung_1", "lung_2")
    few = slice(None, None, 5)
    axes = np.eye(3)
    teacher = ReferenceSeries(
        known["lung_1"].image[few, :, ::-1],
        new["lung_1"].spacing,
        "MR",
        tuple(
            SegmentExamples(number, dict(enumerate(known[label].mask[few, :, ::-1])))
            for number, label in enumerate(labels, start=1)
        ),
        axes * [[1], [1], [-1]],
    )
    engine = load_engine("default", "cpu")
    volume, spacing = new["lung_1"].image[few], new["lung_1"].spacing
    found = list(propose_from_teachers([teacher], volume, spacing, "MR", engine=engine, axes=axes))
    for number, label in enumerate(labels, start=1):
        masks = np.stack([one.mask for one in found if one.segment == number])
        assert dice(masks, new[label].mask[few]) > 0.8
