"""Teachers of which only some slices are taken to be drawn."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator

from core.network.engine import Engine
from core.network.guidance import GUIDANCE_CHANNELS
from core.proposals import drawn_teachers
from core.proposals.crop import SIDE
from core.proposals.drawn_teachers import DrawnTeachers
from core.proposals.examples import SegmentExamples
from core.proposals.teacher_slices import TaughtStructure
from core.segments.ends import UNSTATED

SHAPE = (37, 50)


def ball(slices: int, shown: range, seed: int = 0) -> TaughtStructure:
    """A ball in noise; slices that are not in `shown` do not show it."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    middle, radius = (shown.start + shown.stop - 1) / 2, len(shown) / 2
    masks = {}
    for index in range(slices):
        room = max(0.0, 1 - ((index - middle) / (radius + 0.1)) ** 2) if index in shown else 0.0
        masks[index] = (y - 18) ** 2 + (x - 25) ** 2 < 80 * room
    images = np.stack([0.4 * masks[index] for index in range(slices)])
    images = (images + 0.5 * random.random(images.shape)).astype(np.float32)
    return TaughtStructure(images, (3.0, 1.0, 1.0), masks)


@pytest.mark.parametrize("seed", range(6))
def test_tasks_hold_what_the_network_is_asked_when_it_proposes(
    untrained_engine: Engine, seed: int
) -> None:
    teachers = DrawnTeachers(
        [ball(9, range(2, 8)), ball(14, range(3, 6), seed=1)], untrained_engine
    )
    tasks = teachers.tasks(Generator().manual_seed(seed))
    assert 1 <= len(tasks) <= 4
    for task in tasks:
        assert task.picture.shape == task.label.shape == (1, SIDE, SIDE)
        assert 1 <= len(task.examples) <= 4 and task.examples.shape[1:] == (2, SIDE, SIDE)
        assert task.guidance is not None
        assert task.guidance.shape == (GUIDANCE_CHANNELS, SIDE, SIDE)
        assert task.guidance.abs().sum() > 0
        for labels in (task.label, task.examples[:, 1]):
            assert set(labels.unique().tolist()) <= {0.0, 1.0}
        for pictures in (task.picture, task.examples[:, 0]):
            assert pictures.min() >= 0 and pictures.max() <= 1


def test_the_same_generator_makes_the_same_tasks(untrained_engine: Engine) -> None:
    teachers = DrawnTeachers([ball(9, range(2, 8))], untrained_engine)
    first, second = (teachers.tasks(Generator().manual_seed(3)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert torch.equal(one.picture, other.picture)
        assert torch.equal(one.examples, other.examples)


def test_slices_that_do_not_show_the_structure_are_asked_about_as_well(
    untrained_engine: Engine,
) -> None:
    teachers = DrawnTeachers([ball(7, range(2, 5))], untrained_engine)
    generator = Generator().manual_seed(0)
    labels = [task.label.any() for _ in range(12) for task in teachers.tasks(generator)]
    assert any(labels) and not all(labels)


def test_a_teacher_of_one_slice_is_not_asked_about(untrained_engine: Engine) -> None:
    single, usual = ball(5, range(2, 3)), ball(9, range(2, 8))
    assert DrawnTeachers([single], untrained_engine).usable == 0
    both = DrawnTeachers([single, usual], untrained_engine)
    assert both.usable == 1
    assert all(both.tasks(Generator().manual_seed(seed)) for seed in range(8))


def test_slices_of_which_nothing_is_known_are_not_asked_about(untrained_engine: Engine) -> None:
    whole = ball(9, range(1, 8))
    known = {index: whole.masks[index] for index in (2, 5)}
    teachers = DrawnTeachers(
        [TaughtStructure(whole.images, whole.spacing, known)], untrained_engine
    )
    assert all(len(teachers.tasks(Generator().manual_seed(seed))) == 1 for seed in range(8))


def test_ends_are_stated_where_they_are_known_alone(
    untrained_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ball(12, range(1, 11))
    few = {index: whole.masks[index] for index in (3, 5, 7)}
    sparse = TaughtStructure(whole.images, whole.spacing, few)
    stated: list[bool] = []
    prepare = drawn_teachers.prepare_segment

    def watched(examples: SegmentExamples, *arguments: Any) -> Any:
        stated.append(examples.ends != UNSTATED)
        return prepare(examples, *arguments)

    monkeypatch.setattr(drawn_teachers, "prepare_segment", watched)
    for structure, expected in ((whole, True), (sparse, False)):
        stated.clear()
        for seed in range(6):
            DrawnTeachers([structure], untrained_engine).tasks(Generator().manual_seed(seed))
        assert any(stated) == expected
