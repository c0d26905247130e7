"""The loss of the network: soft Dice, which counts structures, plus cross-entropy for pixels."""

import torch
from torch import Tensor
from torch.nn import functional

from core.network.overlap import dice

_SMOOTH = 1.0


def segmentation_loss(logits: Tensor, label: Tensor) -> Tensor:
    """Average the loss of a batch of tasks.

    Parameters
    ----------
    logits, label : Tensor
        float32 [tasks, 1, height, width]; the label is 0 or 1.

    Returns
    -------
    Tensor
        Scalar.
    """
    probability = logits.sigmoid().flatten(1)
    truth = label.flatten(1)
    overlap = (probability * truth).sum(dim=1)
    sizes = probability.square().sum(dim=1) + truth.sum(dim=1)
    soft_dice = (2 * overlap + _SMOOTH) / (sizes + _SMOOTH)
    return (1 - soft_dice).mean() + functional.binary_cross_entropy_with_logits(logits, label)


def dice_by_task(logits: Tensor, label: Tensor) -> Tensor:
    """Dice of the thresholded logits of every task; 1 where both masks are empty.

    Parameters
    ----------
    logits, label : Tensor
        [tasks, 1, height, width].

    Returns
    -------
    Tensor
        float32 [tasks], on the CPU.
    """
    masks, truths = (logits > 0).cpu().numpy(), (label > 0.5).cpu().numpy()
    return torch.tensor([dice(*pair) for pair in zip(masks, truths, strict=True)])
