"""Where a structure may be between two drawn slices, by several methods that follow the images.

None of them is right everywhere; the network is shown all of them and decides. Training and use
compute them by this same code.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.network.outlines import signed_distances
from core.proposals.optical_flow import carried, flows_between
from core.proposals.random_walker import walk_between


@dataclass(frozen=True, eq=False)
class Opinions:
    """What methods say of the slices between two examples, for several tasks alike.

    Attributes
    ----------
    from_below, from_above : Tensor
        Signed distance to the example's outline carried along the images, in pixels, float32
        [tasks, inner, side, side].
    walked : Tensor
        Probability of a random walk, float32 [tasks, inner, side, side].
    agreement : Tensor
        Dice of each example with the other carried to it, their mean: float32 [tasks].
    """

    from_below: Tensor
    from_above: Tensor
    walked: Tensor
    agreement: Tensor

    def kept(self) -> "Opinions":
        """Keep the same in main memory, in half precision."""
        return Opinions(
            self.from_below.half().cpu(),
            self.from_above.half().cpu(),
            self.walked.half().cpu(),
            self.agreement.cpu(),
        )


def opinions_between(
    pictures: Tensor,
    first: Tensor,
    last: Tensor,
    step: Tensor,
    *,
    flows: Tensor | None = None,
    walk_iterations: int = 60,
    done: Callable[[int], None] = lambda slices: None,
) -> Opinions:
    """Ask every method about the slices between two examples.

    Parameters
    ----------
    pictures : Tensor
        float32 [tasks, slices, side, side], values in [0, 1]: the lower example, the slices
        between in their order, the upper example.
    first, last : Tensor
        bool [tasks, side, side]: the outlines of these two.
    step : Tensor
        float32 [tasks]: distance between slices in pixels.
    flows : Tensor, optional
        Flows between the slices, if they are known: float32 [2, tasks, slices − 1, 2, s, s], from
        every slice to the one before, and back.
    walk_iterations : int
        Steps in which the random walk is solved.
    done : callable
        Called after parts of the work with for how many slices either method is done; it may raise
        an exception to end the work.

    Returns
    -------
    Opinions
        For the slices between.
    """
    tasks, slices = pictures.shape[:2]
    if flows is None:
        lower, upper = pictures[:, :-1].flatten(0, 1), pictures[:, 1:].flatten(0, 1)
        ways = torch.cat([upper, lower]), torch.cat([lower, upper])
        flows = flows_between(*ways)
        flows = flows.unflatten(0, (2, tasks, slices - 1))
    up, down = flows
    ends = bounded_distances(torch.stack([first, last], dim=1))
    rising, falling = [ends[:, 0]], [ends[:, 1]]
    for index in range(slices - 1):
        rising.append(carried(rising[-1], up[:, index]))
        falling.append(carried(falling[-1], down[:, slices - 2 - index]))
        done(min(index, 1))
    agreement = _dice(rising[-1] > 0, last) + _dice(falling[-1] > 0, first)
    return Opinions(
        from_below=torch.stack(rising[1:-1], dim=1),
        from_above=torch.stack(falling[-2:0:-1], dim=1),
        walked=walk_between(pictures, first, last, step, walk_iterations, done=done),
        agreement=agreement / 2,
    )


def bounded_distances(masks: Tensor) -> Tensor:
    """Measure the distance to outlines; what is absent is a little way outside everywhere.

    Parameters
    ----------
    masks : Tensor
        bool [..., side, side].

    Returns
    -------
    Tensor
        float32 [..., side, side] in pixels, positive inside, at most side / 4 either way.
    """
    side = masks.shape[-1]
    return signed_distances(masks).clamp(-side / 4, side / 4)


def _dice(first: Tensor, second: Tensor) -> Tensor:
    """Dice of masks [tasks, side, side]; 1 where both are empty."""
    overlap = (first & second).flatten(1).sum(dim=1)
    total = first.flatten(1).sum(dim=1) + second.flatten(1).sum(dim=1)
    return torch.where(total == 0, 1.0, 2 * overlap / total.clamp(min=1))
