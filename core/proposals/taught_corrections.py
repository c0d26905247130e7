"""What teachers found, moved as drawn slices show that it lies elsewhere.

Where teachers err on a slice they err alike on those beside it: too large, or too far to one side.
So the difference between the outline that a person confirmed and the one that teachers found is
carried on to the slices around, less of it the farther they are.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.network.outlines import signed_distance, surroundings
from core.proposals.examples import neighbours

_HALF = 16
"""Slices over which half of a difference is lost. Teachers with a Dice of 0.7 and more are best
moved by all of it up to three slices away, and by three quarters of it six and eight slices away
(docs/proposals-measured-teachers.md)."""


@dataclass(frozen=True, eq=False)
class Corrections:
    """Differences between confirmed outlines and those that teachers found on the same slices.

    Attributes
    ----------
    window : tuple of slice
        Rows and columns that all masks lie in.
    differences : mapping of int to np.ndarray
        At least one, by slice index: by how many pixels the confirmed outline lies farther out,
        float32 [row, column] of the window.
    """

    window: tuple[slice, slice]
    differences: Mapping[int, np.ndarray]

    def applied(self, index: int, mask: np.ndarray) -> np.ndarray:
        """Move a mask that teachers found.

        Parameters
        ----------
        index : int
            Its slice.
        mask : np.ndarray
            bool [row, column], not empty, within the window.

        Returns
        -------
        np.ndarray
            The same shape.
        """
        around = (index,) if index in self.differences else neighbours(self.differences, index)
        gaps = {known: max(1, abs(index - known)) for known in around if known is not None}
        weights = [1 / gap for gap in gaps.values()]
        difference = np.average([self.differences[known] for known in gaps], 0, weights)
        difference *= 0.5 ** ((min(gaps.values()) - 1) / _HALF)
        moved = np.zeros_like(mask)
        within = mask[self.window]
        # No part of the outline moves farther than the largest difference; measuring distances
        # everywhere takes three times as long.
        near = surroundings(within, int(np.ceil(np.abs(difference).max())))
        moved[self.window][near] = _distance(within[near]) + difference[near] > 0
        return moved


def corrections(
    found: Mapping[int, np.ndarray], confirmed: Mapping[int, np.ndarray]
) -> Corrections | None:
    """Compare what teachers found with what a person confirmed.

    Parameters
    ----------
    found, confirmed : mapping of int to np.ndarray
        bool [row, column] by slice index.

    Returns
    -------
    Corrections or None
        None where no slice shows the structure in both.
    """
    both = [
        index
        for index, mask in confirmed.items()
        if mask.any() and index in found and found[index].any()
    ]
    if not both:
        return None
    window = _window([*found.values(), *(confirmed[index] for index in both)])
    return Corrections(
        window,
        {
            index: _distance(confirmed[index][window]) - _distance(found[index][window])
            for index in both
        },
    )


def _window(masks: list[np.ndarray]) -> tuple[slice, slice]:
    """Rows and columns that hold all masks, and a radius of the largest around them."""
    # One after the other, since a thousand slices at once would take some hundred megabytes.
    union = functools.reduce(np.logical_or, masks)
    return surroundings(union, int(np.sqrt(max(int(mask.sum()) for mask in masks) / np.pi)) + 1)


def _distance(mask: np.ndarray) -> np.ndarray:
    """Signed distance to the outline in pixels, bounded by the sides of the mask."""
    return signed_distance(mask, float(sum(mask.shape))).astype(np.float32)
