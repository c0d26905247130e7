"""The optical flow between the slices of a series, computed once for every two side by side."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import torch
from torch import Tensor

from core.proposals.optical_flow import flows_between

PicturesOf = Callable[[Sequence[int]], np.ndarray]
"""Gives slices as the network sees them: float32 [slices, side, side], values in [0, 1]."""


_PART: Final = 16
"""Steps from slice to slice after which somebody may give up: a quarter of a second."""


class Motion:
    """Optical flow, kept in half precision.

    Parameters
    ----------
    pictures_of : callable
        Gives slices.
    device : torch.device
        Where flows are computed; they are kept in main memory.
    """

    def __init__(self, pictures_of: PicturesOf, device: torch.device) -> None:
        self._pictures_of = pictures_of
        self._device = device
        self._flows: dict[tuple[int, int], Tensor] = {}

    def flow(self, index: int, other: int) -> Tensor:
        """Find where every pixel of a slice is on the slice beside it: float32 [2, s, s]."""
        self._compute([tuple(sorted((index, other)))])
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
        steps = list(pairwise(range(below, above + 1)))
        self._compute(steps)
        backward = torch.stack([self._flows[last, first] for first, last in steps])
        forward = torch.stack([self._flows[first, last] for first, last in steps])
        return torch.stack([backward, forward])[:, None].float()

    def computing(self, below: int, above: int) -> Iterator[None]:
        """Compute the flows of a range of slices, a few at a time, so that it can be given up.

        Parameters
        ----------
        below, above : int
            The first and the last slice.

        Yields
        ------
        None
            After each part.
        """
        steps = list(pairwise(range(below, above + 1)))
        for start in range(0, len(steps), _PART):
            self._compute(steps[start : start + _PART])
            yield

    def _compute(self, steps: Sequence[tuple[int, ...]]) -> None:
        missing = [(first, last) for first, last in steps if (first, last) not in self._flows]
        if not missing:
            return
        wanted = sorted({index for step in missing for index in step})
        places = {index: place for place, index in enumerate(wanted)}
        pictures = torch.from_numpy(self._pictures_of(wanted)).to(self._device)
        lower, upper = (pictures[[places[step[end]] for step in missing]] for end in (0, 1))
        flows = flows_between(torch.cat([lower, upper]), torch.cat([upper, lower])).half().cpu()
        for (first, last), there, back in zip(missing, *flows.chunk(2), strict=True):
            self._flows[first, last], self._flows[last, first] = there, back
