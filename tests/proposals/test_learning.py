"""A network that learns from annotated series how drawn slices of the next one are completed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.evaluation.cases import LabelledVolume, read_volumes
from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.proposals.adapted_network import AdaptedNetwork
from core.proposals.examples import SegmentExamples, joined
from core.proposals.joint_engine import JointEngine, JointEngines
from core.proposals.learning import learn_to_complete
from core.proposals.proposer import propose
from core.proposals.teachers import ReferenceSeries

STEPS = 5


def ball_series(seed: int, numbers: tuple[int, ...] = (1,), slices: int = 9) -> ReferenceSeries:
    """A ball in noise, drawn whole."""
    z, y, x = np.mgrid[:slices, :37, :45]
    ball = (3 * (z - slices // 2)) ** 2 + (y - 18) ** 2 + (x - 22 - seed) ** 2 < 110
    noise = np.random.default_rng(seed).normal(0, 30, ball.shape)
    examples = tuple(SegmentExamples(number, dict(enumerate(ball))) for number in numbers)
    return ReferenceSeries((300 * ball + noise).astype(np.int16), (3.0, 1.0, 1.0), "MR", examples)


def learned(engine: Engine, teachers: list[ReferenceSeries]) -> AdaptedNetwork | None:
    return learn_to_complete(teachers, "MR", engine=engine, gradient_steps=STEPS)


def test_segments_that_enough_series_show_are_learned(untrained_engine: Engine) -> None:
    teachers = [ball_series(0, (1, 2)), ball_series(1, (2, 4)), ball_series(2, (2, 1))]
    network = learned(untrained_engine, teachers)
    assert network is not None
    assert network.segments == (2,)
    assert network.name.startswith("untrained adapted ")
    assert learned(untrained_engine, teachers[:2]) is None


def test_a_series_of_a_single_drawn_slice_does_not_count(untrained_engine: Engine) -> None:
    teachers = [ball_series(seed) for seed in range(3)]
    (examples,) = teachers[0].segments
    single = replace(examples, masks={4: examples.masks[4]})
    few = [replace(teachers[0], segments=(single,)), *teachers[1:]]
    assert learned(untrained_engine, few) is None


def test_the_same_series_teach_the_same(untrained_engine: Engine) -> None:
    teachers = [ball_series(seed) for seed in range(3)]
    first, second = (learned(untrained_engine, teachers) for _ in range(2))
    assert first == second
    others = [*teachers[:2], ball_series(3)]
    assert learned(untrained_engine, others) != first


def test_learning_tells_its_steps_and_may_be_cancelled_at_each(untrained_engine: Engine) -> None:
    done: list[tuple[int, int]] = []
    network = learn_to_complete(
        [ball_series(seed) for seed in range(3)],
        "MR",
        engine=untrained_engine,
        gradient_steps=STEPS,
        cancelled=lambda: len(done) == 2,
        progress=lambda *steps: done.append(steps),
    )
    assert network is None
    assert done == [(1, STEPS), (2, STEPS)]


def test_no_series_teach_nothing(untrained_engine: Engine) -> None:
    with pytest.raises(ValueError, match="teachers"):
        learn_to_complete([], "MR", engine=untrained_engine)


def test_one_drawn_slice_is_completed_better_once_other_patients_taught_it(
    shared_data: Path,
) -> None:
    """A hippocampus, after a third of the steps, to be quick; docs have figures of all of them."""
    *known, new = (
        next(
            volume
            for volume in read_volumes([shared_data / "volumes" / f"hippocampus_{name}.npz"])
            if volume.label == "1"
        )
        for name in ("001", "041", "084", "173")
    )
    engine = load_engine("default", "cpu")
    network = learn_to_complete(
        [_whole(one) for one in known], "MR", engine=engine, gradient_steps=40
    )
    assert network is not None
    joint = JointEngines(engine).of(network)
    largest = int(new.mask.sum(axis=(1, 2)).argmax())

    def completed(asked: Engine | JointEngine) -> float:
        drawn = {largest: new.mask[largest]}
        proposals = propose(new.image, new.spacing, "MR", [SegmentExamples(1, drawn)], engine=asked)
        return dice(joined(drawn, proposals, new.mask.shape), new.mask)

    assert completed(joint) > completed(engine) + 0.05


def _whole(volume: LabelledVolume) -> ReferenceSeries:
    examples = (SegmentExamples(1, dict(enumerate(volume.mask))),)
    return ReferenceSeries(volume.image, volume.spacing, "MR", examples)
