import numpy as np
import pytest

from core.evaluation.cases import read_volumes
from core.network.engine import load_engine
from core.network.overlap import dice
from core.proposals.examples import SegmentExamples
from core.proposals.from_other_series import (
    SUPPORT_SETS,
    ReferenceSeries,
    beyond_examples,
    propose_from_reference,
)

SPACING = (2.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def reference(balls):
    """Every other slice of the balls, empty ones included."""
    volume, masks = balls
    segments = [
        SegmentExamples(number, {index: mask[index] for index in range(0, 24, 2)})
        for number, mask in masks.items()
    ]
    return ReferenceSeries(volume, SPACING, "MR", tuple(segments))


def test_every_slice_is_proposed_and_no_dice_is_expected(reference, balls, untrained_engine):
    volume = balls[0][9:11]
    steps = []
    found = list(
        propose_from_reference(
            reference,
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


def test_exclusive_segments_share_no_pixel(reference, balls, untrained_engine):
    masks = {}
    for proposal in propose_from_reference(
        reference,
        balls[0][10:12],
        SPACING,
        "MR",
        engine=untrained_engine,
        exclusive=frozenset({1, 2}),
    ):
        masks[proposal.segment, proposal.slice] = proposal.mask
    assert not any((masks[1, index] & masks[2, index]).any() for index in range(2))


def test_the_same_seed_gives_the_same_masks(reference, balls, untrained_engine):
    runs = [
        [
            proposal.mask
            for proposal in propose_from_reference(
                reference, balls[0][11:12], SPACING, "MR", engine=untrained_engine, seed=3
            )
        ]
        for _ in range(2)
    ]
    assert np.array_equal(runs[0], runs[1])


def test_a_reference_of_another_modality_is_refused(reference, balls, untrained_engine):
    with pytest.raises(ValueError, match="same kind"):
        next(propose_from_reference(reference, balls[0], SPACING, "CT", engine=untrained_engine))


def test_cancelling_ends_the_work(reference, balls, untrained_engine):
    found = propose_from_reference(
        reference, balls[0], SPACING, "MR", engine=untrained_engine, cancelled=lambda: True
    )
    assert list(found) == []


def test_a_structure_is_found_in_the_next_patient(shared_data):
    """The hippocampus of one patient, from the slices of another."""
    folder = shared_data / "volumes"
    known, new = (
        next(
            volume
            for volume in read_volumes([folder / f"hippocampus_{name}.npz"])
            if volume.label == "1"
        )
        for name in ("001", "084")
    )
    examples = SegmentExamples(1, dict(enumerate(known.mask)))
    assert SUPPORT_SETS > 1
    some = slice(8, 16, 2)
    truth = new.mask[some]
    assert truth.any()
    found = np.zeros(truth.shape, bool)
    for proposal in propose_from_reference(
        ReferenceSeries(known.image, known.spacing, "MR", (examples,)),
        new.image[some],
        new.spacing,
        "MR",
        engine=load_engine("default", "cpu"),
    ):
        found[proposal.slice] = proposal.mask
    assert dice(found, truth) > 0.4


def test_slices_well_beyond_the_examples_are_taken_to_be_empty():
    masks = dict.fromkeys((5, 7, 8), np.ones((2, 2), bool))
    assert beyond_examples(masks, 14) == [0, 1, 2, 11, 12, 13]
    assert beyond_examples({4: masks[5]}, 7) == [0, 1, 2, 6]
