"""Structures of several separate parts, such as both kidneys: each is proposed for itself.

Where a neighbourhood around all of them is shown to the network in pixels that are larger than
those of the slices, one around a part shows more of it. Elsewhere parts are better together
(docs/proposals-measured.md).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
from scipy import ndimage

from core.proposals.crop import crop_around
from core.proposals.examples import Proposal, SegmentExamples
from core.segments.ends import Ends

_STEP_PIXELS = 3
"""How far a part may move from slice to slice, in pixels of the network."""

_MOST_PARTS = 4
"""More are not parts but scattered, and every part takes its time."""


def parts_of(
    segment: SegmentExamples, spacing: tuple[float, float, float], slices: int
) -> list[SegmentExamples]:
    """Tell the separate parts of a structure by what is drawn of it.

    Seen along the series, parts lie so far apart that none reaches another from one slice to the
    next, and most drawn slices show all of them side by side: a structure that only moves from
    slice to slice is one, and one that is scattered differently on every slice, too.

    Parameters
    ----------
    segment : SegmentExamples
        At least one mask not empty.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    slices : int
        Slices of the series.

    Returns
    -------
    list of SegmentExamples
        The segment itself where it is of one part; else one for each part, all with the number of
        the segment. A stated end is that of the part with the largest area beside it; of the others
        nothing more is known than that they are not behind it.
    """
    crop = crop_around(segment.masks.values(), spacing)
    if crop.scale <= 1:
        return [segment]
    drawn = {index: mask for index, mask in sorted(segment.masks.items()) if mask.any()}
    regions = _regions(np.any(list(drawn.values()), axis=0), _STEP_PIXELS * crop.scale)
    side_by_side = [all((mask & one).any() for one in regions) for mask in drawn.values()]
    if not 1 < len(regions) <= _MOST_PARTS or 2 * sum(side_by_side) <= len(drawn):
        return [segment]
    ends = segment.enclosing_ends
    behind = dict.fromkeys(segment.beyond_ends(slices), np.zeros_like(regions[0]))
    first, last = (_largest_part(regions, drawn[place(drawn)]) for place in (min, max))
    return [
        SegmentExamples(
            segment.number,
            behind | {index: mask & region for index, mask in segment.masks.items()},
            Ends(
                ends.first if part == first else None,
                ends.last if part == last else None,
            ),
        )
        for part, region in enumerate(regions)
    ]


def _regions(shown: np.ndarray, step: float) -> list[np.ndarray]:
    """Divide a slice into what is nearer to either part: bool [row, column] for every part."""
    reached = ndimage.distance_transform_edt(~shown) <= step
    labels, parts = ndimage.label(reached, np.ones((3, 3)))
    distances = [ndimage.distance_transform_edt(labels != part + 1) for part in range(parts)]
    nearest = np.argmin(distances, axis=0)
    return [nearest == part for part in range(parts)]


def _largest_part(regions: Sequence[np.ndarray], mask: np.ndarray) -> int:
    return int(np.argmax([(mask & region).sum() for region in regions]))


def numbered_apart(
    segments: Sequence[SegmentExamples],
    used: Collection[int],
    spacing: tuple[float, float, float],
    slices: int,
) -> tuple[list[SegmentExamples], dict[int, int]]:
    """Divide segments into their parts, each with a number of its own.

    Parameters
    ----------
    segments : sequence of SegmentExamples
        With numbers that are all different.
    used : collection of int
        Numbers that parts must not have, those of the segments among them.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    slices : int
        Slices of the series.

    Returns
    -------
    parts : list of SegmentExamples
        A segment of one part is as it was.
    whole : dict of int to int
        Number of the segment by the number of its part.
    """
    parts: list[SegmentExamples] = []
    whole: dict[int, int] = {}
    unused = count(max(used) + 1)
    for segment in segments:
        divided = parts_of(segment, spacing, slices)
        for part in divided:
            number = segment.number if len(divided) == 1 else next(unused)
            parts.append(replace(part, number=number))
            whole[number] = segment.number
    return parts, whole


def joined_parts(proposals: Iterable[Proposal], whole: Mapping[int, int]) -> Iterator[Proposal]:
    """Put the proposals for parts of a structure together as they come.

    Parameters
    ----------
    proposals : iterable of Proposal
        By the numbers of parts; of two for the same slice the later counts.
    whole : mapping of int to int
        Number of the segment by the number of its part.

    Yields
    ------
    Proposal
        Of the segment: what is proposed of any part on the slice so far. The Dice to expect is that
        of the parts, by their areas.
    """
    newest: dict[tuple[int, int], dict[int, Proposal]] = {}
    for proposal in proposals:
        number = whole[proposal.segment]
        if number == proposal.segment:
            yield proposal
            continue
        here = newest.setdefault((number, proposal.slice), {})
        here[proposal.segment] = proposal
        yield _joined(number, list(here.values()))


def _joined(number: int, parts: Sequence[Proposal]) -> Proposal:
    mask = np.any([part.mask for part in parts], axis=0)
    shown = [part for part in parts if part.mask.any()]
    known = [part.expected_dice for part in shown if part.expected_dice is not None]
    expected = None
    if shown and len(known) == len(shown):
        expected = float(np.average(known, weights=[part.mask.sum() for part in shown]))
    return Proposal(number, parts[0].slice, mask, expected)
