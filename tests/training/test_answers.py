"""Own examples that are answers of the network: like the truth, but with errors."""

import torch
from torch import Generator

from core.network.loss import dice_by_task
from core.training.answers import with_answers


def disks(tasks: int, images: int, side: int = 64) -> torch.Tensor:
    axis = torch.arange(side) - side / 2
    return (axis[:, None] ** 2 + axis**2 < 15**2).repeat(tasks, images, 1, 1)


def test_answers_resemble_the_truth_and_only_own_examples_are_answers() -> None:
    masks = disks(40, 4)
    own = torch.zeros(40, 3, dtype=torch.bool)
    own[:, 2] = True
    answered = with_answers(Generator().manual_seed(1), masks, own)
    assert torch.equal(answered[:, [0, 1, 3]], masks[:, [0, 1, 3]])
    changed = (answered[:, 2] != masks[:, 2]).flatten(1).any(dim=1)
    assert 10 <= changed.sum() <= 30
    dice = dice_by_task(answered[changed][:, 2:3].float() - 0.5, masks[changed][:, 2:3].float())
    assert 0.7 < dice.median() < 0.98


def test_what_is_absent_stays_absent() -> None:
    nothing = torch.zeros(40, 3, 64, 64, dtype=torch.bool)
    own = torch.ones(40, 2, dtype=torch.bool)
    assert not with_answers(Generator().manual_seed(2), nothing, own).any()


def test_masks_without_own_examples_are_left_alone() -> None:
    masks = disks(3, 2)
    assert with_answers(Generator().manual_seed(3), masks, torch.zeros(3, 1).bool()) is masks
