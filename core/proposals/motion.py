"""The optical flow between the slices of a series, computed once for every two side by side."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from core.proposals.optical_flow import flows_between

PicturesOf = Callable[[Sequence[int]], np.ndarray]
"""Gives slices as the network sees them: float32 [slices, side, side], values in [0, 1]."""


class Motion:
    """Optical flow, kept in half precision.

    Parameters
    ----------
    pictures_of : callable
        Gives slices.
    device : torch.device
        Where flows are computed; they are kept in main memory.
    flows : dict of (int, int) to Tensor, optional
        Those that are known, from a slice to another; what is computed is put there.
    """

    def __init__(
        self,
        pictures_of: PicturesOf,
        device: torch.device,
        flows: dict[tuple[int, int], Tensor] | None = None,
    ) -> None:
        self._pictures_of = pictures_of
        self._device = device
        self._flows = {} if flows is None else flows

    def flow(self, index: int, other: int) -> Tensor:
        """Find where every pixel of a slice is on the slice beside it: float32 [2, s, s]."""
        self.compute(self.missing(min(index, other), max(index, other)))
        return self._flows[index, other].float()

    def along(self, below: int, above: int) -> Tensor:
        """Give the flows of a range of slices, as `core.proposals.opinions` takes them.

        Parameters
        ----------
        below, above : int
            The first and the last slice.

        Returns
        -------
        Tensor
            float32 [2, 1, above − below, 2, s, s]: from every slice to the one before, and back.
        """
        self.compute(self.missing(below, above))
        steps = list(pairwise(range(below, above + 1)))
        backward = torch.stack([self._flows[last, first] for first, last in steps])
        forward = torch.stack([self._flows[first, last] for first, last in steps])
        return torch.stack([backward, forward])[:, None].float()

    def missing(self, below: int, above: int) -> list[tuple[int, int]]:
        """List the steps from slice to slice within a range that are not computed yet."""
        steps = pairwise(range(below, above + 1))
        return [step for step in steps if step not in self._flows]

    def compute(self, steps: Sequence[tuple[int, int]]) -> None:
        """Compute the flows of steps, there and back."""
        if not steps:
            return
        wanted = sorted({index for step in steps for index in step})
        places = {index: place for place, index in enumerate(wanted)}
        pictures = torch.from_numpy(self._pictures_of(wanted)).to(self._device)
        lower, upper = (pictures[[places[step[end]] for step in steps]] for end in (0, 1))
        flows = flows_between(torch.cat([lower, upper]), torch.cat([upper, lower])).half().cpu()
        for (first, last), there, back in zip(steps, *flows.chunk(2), strict=True):
            self._flows[last, first], self._flows[first, last] = back, there
