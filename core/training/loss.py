"""The loss of training: soft Dice, which counts structures, plus cross-entropy for pixels."""

from torch import Tensor
from torch.nn import functional

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


def dice(logits: Tensor, label: Tensor) -> Tensor:
    """Dice of the thresholded logits of every task; 1 where both masks are empty.

    Parameters
    ----------
    logits, label : Tensor
        [tasks, 1, height, width].

    Returns
    -------
    Tensor
        float32 [tasks].
    """
    mask = (logits > 0).flatten(1)
    truth = label.flatten(1) > 0.5
    sizes = mask.sum(dim=1) + truth.sum(dim=1)
    overlap = 2 * (mask & truth).sum(dim=1)
    return (overlap / sizes.clamp(min=1)).where(sizes > 0, 1.0)
