"""The Dice to expect without any own example: from teachers that are searched by the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.likeness import positions_of
from core.proposals.scores import LIMIT, sureness
from core.proposals.teacher_search import Found, Queries, search
from core.proposals.teacher_slices import TaughtStructure

MOST_HELD_OUT = 3
"""Teachers that are searched by the others."""

WITH_STRUCTURE, WITHOUT_STRUCTURE = 6, 2
"""Slices of each that are searched: those without the structure show what is found wrongly."""

_LEAST_ANSWERS = 6
"""With fewer slices on which anything was found, nothing can be said."""

_LESS_ALIKE = 0.15
"""A slice less like any example than those held out were, by more than this, is unknown."""

_PER_SURENESS = 2.0
"""Log-odds of the Dice for each of the sureness: on slices of held-out teachers the former vary so
much more than the latter (2.16 times, 21 sets of two to four teachers of three families)."""

_CLIP = 0.97
"""Dice beyond this and below its complement are not distinguished."""


@dataclass(frozen=True)
class HeldOutQuality:
    """How good proposals from these teachers turned out to be.

    Attributes
    ----------
    offset : float or None
        Log-odds of the Dice beyond `_PER_SURENESS` times those of the sureness, on average by the
        areas of what is found and what is drawn; None where unknown.
    least_likeness : float
        That of the slices it is known from, of which one in ten has less.
    """

    offset: float | None
    least_likeness: float = 0.0

    def expected_dice(self, found: Found, query: int, mask: np.ndarray) -> float | None:
        """Dice to expect of a mask that was found on a query, in [0, 1]; None where unknown."""
        if self.offset is None or not mask.any():
            return None
        if found.likeness(query) < self.least_likeness - _LESS_ALIKE:
            return None
        log_odds = _PER_SURENESS * _log_odds(_sureness(found, query)) + self.offset
        return float(1 / (1 + np.exp(-log_odds)))


def held_out_slices(structures: Sequence[TaughtStructure]) -> list[tuple[int, int]]:
    """List which slices of which structures `measure_held_out` searches: none of a single one."""
    if len(structures) < 2:
        return []
    places = np.linspace(0, len(structures) - 1, min(len(structures), MOST_HELD_OUT))
    return [(int(place), index) for place in places for index in _slices_of(structures[int(place)])]


def measure_held_out(
    engines: Sequence[Engine],
    structures: Sequence[TaughtStructure],
    answered: Callable[[int], None],
) -> HeldOutQuality:
    """Search teachers by the others and compare what is found with what a person confirmed.

    Parameters
    ----------
    engines : sequence of Engine
        As `core.proposals.teacher_search.search` takes them.
    structures : sequence of TaughtStructure
        A segment in all teachers.
    answered : callable
        Called with the number of slices answered.

    Returns
    -------
    HeldOutQuality
        Unknown where there are too few teachers or findings.
    """
    slices = held_out_slices(structures)
    checked: list[tuple[float, np.ndarray, np.ndarray]] = []
    likeness: list[float] = []
    for place in dict.fromkeys(place for place, _ in slices):
        structure = structures[place]
        indices = [index for of, index in slices if of == place]
        queries = Queries(
            structure.images[indices],
            structure.spacing,
            positions_of(indices, len(structure.images)),
        )
        found = search(engines, [*structures[:place], *structures[place + 1 :]], queries, answered)
        likeness += [found.likeness(query) for query in range(len(indices))]
        for query, index in enumerate(indices):
            mask = found.log_odds(query) > 0
            if mask.any():
                checked.append((_sureness(found, query), mask, structure.masks[index]))
    if len(checked) < _LEAST_ANSWERS:
        return HeldOutQuality(None)
    return HeldOutQuality(offset_of(checked), float(np.percentile(likeness, 10)))


def offset_of(checked: Sequence[tuple[float, np.ndarray, np.ndarray]]) -> float:
    """Compare what was found on slices with what a person confirmed there.

    Parameters
    ----------
    checked : sequence of tuple
        Sureness, mask that was found, at least one pixel, and confirmed mask: bool [row, column].

    Returns
    -------
    float
        As `HeldOutQuality.offset`. Both masks count, as they do in the Dice: by what is found
        alone, slices on which too much is found would weigh more than those with too little.
    """
    differences = [
        _log_odds(dice(found, drawn)) - _PER_SURENESS * _log_odds(sure)
        for sure, found, drawn in checked
    ]
    areas = [int(found.sum()) + int(drawn.sum()) for _, found, drawn in checked]
    return float(np.average(differences, weights=areas))


def _slices_of(structure: TaughtStructure) -> list[int]:
    """Slices of a structure to search, spread evenly."""
    present = [index for index, mask in sorted(structure.masks.items()) if mask.any()]
    absent = [index for index, mask in sorted(structure.masks.items()) if not mask.any()]
    return sorted(
        indices[int(place)]
        for indices, most in ((present, WITH_STRUCTURE), (absent, WITHOUT_STRUCTURE))
        for place in np.linspace(0, len(indices) - 1, min(len(indices), most))
    )


def _sureness(found: Found, query: int) -> float:
    """Dice that the network would expect of what it found on a slice."""
    return sureness(np.clip(found.log_odds(query), -LIMIT, LIMIT))


def _log_odds(share: float) -> float:
    bounded = min(max(share, 1 - _CLIP), _CLIP)
    return float(np.log(bounded / (1 - bounded)))
