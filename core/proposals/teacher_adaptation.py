"""What the network is adapted to before it searches a structure that several teachers show."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from core.proposals.adaptation import LabelledPictures
from core.proposals.intensity import scale
from core.proposals.likeness import most_alike
from core.proposals.teacher_search import SUPPORT
from core.proposals.teacher_slices import (
    ShownSlices,
    ShownTeachers,
    TaughtStructure,
    looks_together,
)

STEPS: Final = 60
"""Gradient steps of adapting to teachers."""

LEARNING_RATE: Final = 5e-4
"""Of the network that is adapted to teachers; see docs/proposals-tried.md for others."""


def pictures_to_adapt_to(
    segments: Iterable[Sequence[TaughtStructure]],
) -> list[LabelledPictures]:
    """List the pictures of teachers that the network is adapted to.

    Every slice is predicted from the slices of the other teachers that look most like it, as if its
    series were the new one, in the two views in which series are searched: whole slices, and the
    neighbourhood of the structure.

    Parameters
    ----------
    segments : iterable of sequence of TaughtStructure
        For every segment the structure in all teachers.

    Returns
    -------
    list of LabelledPictures
        Two for every segment that at least two teachers show.
    """
    several = [ShownTeachers(structures) for structures in segments if len(structures) > 1]
    return [_pictures(view) for shown in several for view in (shown.whole, shown.near)]


def _pictures(shown: Sequence[ShownSlices]) -> LabelledPictures:
    """Gather the slices of all teachers in one view."""
    teacher = np.repeat(np.arange(len(shown)), [len(one.pictures) for one in shown])
    looks = looks_together(shown)
    likeness = looks.likeness(looks)
    likeness[teacher[:, None] == teacher[None]] = -np.inf
    examples = [
        [other for other in row if np.isfinite(likeness[index, other])]
        for index, row in enumerate(most_alike(likeness, SUPPORT))
    ]
    scaled = [scale(one.pictures, one.contrast) for one in shown]
    return LabelledPictures(
        # Half as much memory: there are two sets of up to 256 slices for every segment.
        np.concatenate(scaled).astype(np.float16),
        np.concatenate([one.labels for one in shown]),
        examples,
        oriented=True,
    )
