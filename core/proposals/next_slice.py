"""What to do next, so that it helps the most: a slice to draw or correct, or ends to state."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.proposals.doubtful import LACKING, most_doubtful_slice
from core.proposals.examples import Proposal, neighbours, neighbours_overlap
from core.proposals.expected_dice import FAIR
from core.proposals.extent import between
from core.proposals.extrapolation import trend_of
from core.segments.ends import UNSTATED, End, Ends

END_UNKNOWN = "end not drawn"
SHAPE_CHANGES = "shape changes here"
LEAST_CERTAIN = "least certain here"

_LEAST_PRESENCE = 0.05
"""Chance at least that a structure is there beyond its examples, and behind an end that proposals
found."""


@dataclass(frozen=True)
class Suggestion:
    """What to do next.

    Attributes
    ----------
    slice : int
        Slice to draw or correct.
    reason : str
        Why, in three words.
    ends : tuple of End
        Ends that nobody knows. Stating them, which takes no drawing, helps more than the slice.
    """

    slice: int
    reason: str
    ends: tuple[End, ...] = ()


def suggest_slice(
    examples: Mapping[int, np.ndarray],
    proposals: Mapping[int, Proposal],
    slices: int,
    ends: Ends = UNSTATED,
) -> Suggestion | None:
    """Choose the slice whose drawing or correcting would help a segment most.

    The error to expect of every slice is its area times the Dice that it is expected to lack;
    beyond the last proposal, times the chance that the structure goes on. An example takes away its
    own slice's error and part of that of the slices around it. Where an end is stated, the slice
    behind it is known like an example. Where the best slice lies beyond the examples, on a side
    whose end nobody knows, the ends are asked for. Before anything is drawn, proposals from other
    series tell where to begin (`doubtful.py`).

    Parameters
    ----------
    examples : mapping of int to np.ndarray
        bool [row, column] by slice index; an empty mask says that the structure is not there.
    proposals : mapping of int to Proposal
        Newest proposals of the segment by slice index.
    slices : int
        Slices of the series.
    ends : Ends
        First and last slice that show the structure, where a person has stated them.

    Returns
    -------
    Suggestion or None
        None before anything was drawn or proposed, and where no drawing would help.
    """
    if not any(mask.any() for mask in examples.values()):
        first = most_doubtful_slice(proposals, examples, slices)
        return None if first is None else Suggestion(first, LEAST_CERTAIN)
    known = _with_ends(examples, ends)
    shown = {index: made for index, made in proposals.items() if index not in known}
    errors = {
        index: _expected_error(index, known, shown.get(index))
        for index in {*between(known), *shown} - known.keys()
    }
    areas = {index: int(mask.sum()) for index, mask in known.items()}
    unseen = _beyond(areas, shown, slices)
    for index, error in unseen.items():
        errors[index] = errors.get(index, 0.0) + error
    gains = {
        index: _gain(index, errors, known) * _presence(index, areas, shown)
        for index, error in errors.items()
        if error > 0
    }
    best = max(sorted(gains), key=lambda index: gains[index], default=None)
    if best is None or gains[best] <= 0:
        return None
    return Suggestion(best, _reason(best, examples, known), _ends_to_ask(best, areas, slices, ends))


def _with_ends(examples: Mapping[int, np.ndarray], ends: Ends) -> dict[int, np.ndarray]:
    """Examples, and the absence of the structure right behind the ends that are stated."""
    known = dict(examples)
    nothing = np.zeros_like(next(iter(examples.values())))
    stated = ends.widened([index for index, mask in examples.items() if mask.any()])
    if stated.first is not None:
        known.setdefault(stated.first - 1, nothing)
    if stated.last is not None:
        known.setdefault(stated.last + 1, nothing)
    return known


def _ends_to_ask(index: int, areas: Mapping[int, int], slices: int, ends: Ends) -> tuple[End, ...]:
    """Ends that nobody knows, if a slice lies beyond the examples towards one of them.

    Both are asked for at once, because somebody who looks for one end soon has the other.
    """
    shown = [known for known, area in areas.items() if area]
    first, last = min(shown), max(shown)
    is_known = {
        End.FIRST: ends.first is not None or first == 0 or first - 1 in areas,
        End.LAST: ends.last is not None or last == slices - 1 or last + 1 in areas,
    }
    unknown = tuple(end for end in End if not is_known[end])
    side = End.FIRST if index < first else End.LAST if index > last else None
    return unknown if side in unknown else ()


def _expected_error(
    index: int, known: Mapping[int, np.ndarray], proposal: Proposal | None
) -> float:
    """Pixels likely to be wrong on a slice."""
    if proposal is not None:
        expected = proposal.expected_dice
        loss = LACKING if expected is None else 1 - expected
        return loss * float(proposal.mask.sum())
    beside = [near for near in neighbours(known, index) if near is not None]
    nearness = [1 / abs(index - near) for near in beside]
    return LACKING * float(np.average([known[near].sum() for near in beside], weights=nearness))


def _beyond(
    areas: Mapping[int, int], proposals: Mapping[int, Proposal], slices: int
) -> dict[int, float]:
    """Pixels likely to be missing beyond the last proposals of a structure, by slice."""
    missing: dict[int, float] = {}
    for outermost, direction in ((min(areas), -1), (max(areas), 1)):
        if areas[outermost] == 0:
            continue
        last = _last_proposed(outermost, direction, proposals)
        end = slices if direction > 0 else -1
        for index in range(last + direction, end, direction):
            chance = _presence(index, areas, proposals)
            missing[index] = chance * areas[outermost] * LACKING
            if chance <= _LEAST_PRESENCE:
                break
    return missing


def _gain(index: int, errors: Mapping[int, float], examples: Mapping[int, np.ndarray]) -> float:
    """Pixels that drawing a slice would put right, on it and around it."""
    gain = 0.0
    here = neighbours(examples, index)
    for other, error in errors.items():
        if neighbours(examples, other) == here:
            before = _uncertainty(neighbours(examples, other), other)
            after = 0.0 if other == index else _uncertainty(_nearer(here, index, other), other)
            gain += error * (1 - after / before)
    return gain


def _presence(index: int, areas: Mapping[int, int], proposals: Mapping[int, Proposal]) -> float:
    """Chance that a slice shows the structure: a drawing without it shows little of its shape.

    Certain between examples. Beyond the outermost it falls to an even chance at the last proposal,
    and from there on the slower the longer the structure is known to be, and the faster it shrinks.
    """
    below, above = neighbours(areas, index)
    if below is not None and above is not None:
        return 1.0
    direction = 1 if above is None else -1
    outermost = above if below is None else below
    assert outermost is not None
    last = _last_proposed(outermost, direction, proposals)
    proposed = abs(last - outermost)
    away = abs(index - outermost)
    if away <= proposed:
        return 1 - away / proposed / 2
    if proposed == 0 or last + direction in proposals:
        return _LEAST_PRESENCE
    other = _last_proposed(_other_end(areas, direction), -direction, proposals)
    known = abs(last - other) + 1
    chance = known / (known + abs(index - last)) / 2
    trend = trend_of(areas, index)
    if trend is not None:
        chance *= min(1.0, trend.area(index) / trend.outermost_area)
    return max(_LEAST_PRESENCE, chance)


def _last_proposed(outermost: int, direction: int, proposals: Mapping[int, Proposal]) -> int:
    """Last slice, counted from an outermost example, that is proposed to show the structure."""
    last = outermost
    while last + direction in proposals and proposals[last + direction].mask.any():
        last += direction
    return last


def _other_end(areas: Mapping[int, int], direction: int) -> int:
    """Outermost example with the structure on the side that a direction leads away from."""
    present = [index for index, area in areas.items() if area]
    return min(present) if direction > 0 else max(present)


def _nearer(
    around: tuple[int | None, int | None], drawn: int, index: int
) -> tuple[int | None, int | None]:
    """Neighbours of a slice once another between its neighbours is drawn."""
    return (drawn, around[1]) if drawn < index else (around[0], drawn)


def _uncertainty(around: tuple[int | None, int | None], index: int) -> float:
    """Variance of an outline that wanders between known slices, or away from one."""
    distances = [abs(index - near) for near in around if near is not None]
    return 1 / sum(1 / distance for distance in distances)


def _reason(index: int, examples: Mapping[int, np.ndarray], known: Mapping[int, np.ndarray]) -> str:
    if neighbours_overlap(known, index) is None:
        return END_UNKNOWN
    overlap = neighbours_overlap(examples, index)
    return SHAPE_CHANGES if overlap is not None and overlap < FAIR else LEAST_CERTAIN
