"""The loss of training."""

import torch

from core.network.loss import dice_by_task, segmentation_loss


def test_the_loss_prefers_the_truth_and_bears_empty_labels() -> None:
    label = torch.zeros(2, 1, 8, 8)
    label[0, :, 2:5] = 1
    right, wrong = 20 * label - 10, 10 - 20 * label
    assert segmentation_loss(right, label) < 0.01
    assert segmentation_loss(wrong, label) > 5
    assert dice_by_task(right, label).tolist() == [1.0, 1.0]
    assert dice_by_task(wrong, label).tolist() == [0.0, 0.0]
