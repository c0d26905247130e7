"""How a structure may continue beyond its outermost examples, estimated from their areas alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from core.network.outlines import enclosing
from core.proposals.examples import neighbours


@dataclass(frozen=True)
class Trend:
    """A parabola of area over slices, as an ellipsoid has it, with its top at the largest example.

    Attributes
    ----------
    largest, outermost : int
        Slices of the two examples that it goes through.
    largest_area, outermost_area : int
        Their pixels; equal where the outermost example is the largest, and the area stays.
    """

    largest: int
    outermost: int
    largest_area: int
    outermost_area: int

    def area(self, index: int) -> float:
        """Expected pixels of a slice; 0 behind the end."""
        if self.largest_area == self.outermost_area:
            return self.outermost_area
        steps = abs(index - self.largest) / abs(self.outermost - self.largest)
        return max(0.0, self.largest_area - (self.largest_area - self.outermost_area) * steps**2)

    def slices_behind_end(self, index: int) -> float:
        """How far a slice lies behind the place where the area is expected to vanish, or 0."""
        if self.largest_area == self.outermost_area:
            return 0.0
        share = self.largest_area / (self.largest_area - self.outermost_area)
        reach = abs(self.outermost - self.largest) * share**0.5
        return max(0.0, abs(index - self.largest) - reach)


def trend_of(areas: Mapping[int, int], index: int) -> Trend | None:
    """Find the trend that leads from the examples to a slice.

    Parameters
    ----------
    areas : mapping of int to int
        Pixels of the examples by slice index; 0 where the structure is absent.
    index : int
        A slice.

    Returns
    -------
    Trend or None
        None between examples, beyond an example without the structure, and where a single example
        shows no trend.
    """
    below, above = neighbours(areas, index)
    if len(areas) < 2 or (below is None) == (above is None):
        return None
    outermost = max(areas) if above is None else min(areas)
    if areas[outermost] == 0:
        return None
    largest = max(areas, key=lambda known: areas[known])
    return Trend(largest, outermost, areas[largest], areas[outermost])


def outline_towards_end(
    distances: Mapping[int, np.ndarray | None], areas: Mapping[int, int], index: int, absent: int
) -> np.ndarray | None:
    """Shrink the outline of the outermost example on the way to a known end.

    The area follows a parabola, as an ellipsoid has it, that has its top at the largest example
    and vanishes on the first slice without the structure.

    Parameters
    ----------
    distances : mapping of int to np.ndarray or None
        Signed distance to each example's outline, positive inside; None where the structure is
        absent.
    areas : mapping of int to int
        Pixels of the examples by slice index.
    index : int
        A slice between the outermost example with the structure and the end, or an example that
        is estimated from the others.
    absent : int
        The slice behind the end, next to it.

    Returns
    -------
    np.ndarray or None
        Signed distance, shaped and measured as those of the examples, with one pixel inside at
        least; None where there is no other example with the structure.
    """
    present = [known for known, area in areas.items() if area and known != index]
    if not present:
        return None
    outermost = min(present, key=lambda known: abs(known - absent))
    largest = max(present, key=lambda known: areas[known])
    way, behind = ((known - largest) / (absent - largest) for known in (index, outermost))
    area = max(1.0, areas[outermost] * (1 - way**2) / (1 - behind**2))
    distance = distances[outermost]
    assert distance is not None
    return enclosing(torch.from_numpy(distance)[None], torch.tensor([area]))[0].numpy()
