"""Which series of a cohort to annotate next, so that the others' proposals gain most by it.

A series is proposed from slices of finished ones that look like its own (`likeness.py`), so a
cohort is well taught where every series has a finished one that it is like. The next series is the
one by which that grows most: the greedy choice for the problem of placing facilities.

References
----------
G. L. Nemhauser, L. A. Wolsey, M. L. Fisher, "An analysis of approximations for maximizing
submodular set functions", Mathematical Programming 14, 1978.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from core.proposals.crop import whole_slice
from core.proposals.intensity import prepare
from core.proposals.likeness import Looks, looks_of, positions_of

_MOST_SLICES = 24
"""Slices of a series that are compared, spread evenly."""

_LEAST_LIKENESS = -1.0
"""That of series of different modalities, and where nothing is finished."""


@dataclass(frozen=True, eq=False)
class SeriesLooks:
    """What a series looks like: small, so that those of a whole cohort can be kept.

    Attributes
    ----------
    modality : str
        As `core.proposals.intensity.prepare` takes it.
    slices : Looks
        Some of its slices.
    """

    modality: str
    slices: Looks


def looks_of_series(
    volume: np.ndarray, spacing: tuple[float, float, float], modality: str
) -> SeriesLooks:
    """Describe a series by some of its slices.

    Parameters
    ----------
    volume : np.ndarray
        [slice, row, column] in modality units.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    modality : str
        As `core.proposals.intensity.prepare` takes it.

    Returns
    -------
    SeriesLooks
        For `likeness_of_series`.
    """
    count = min(len(volume), _MOST_SLICES)
    indices = [int(place) for place in np.linspace(0, len(volume) - 1, count)]
    pictures = whole_slice(volume.shape[1:], spacing).images(prepare(volume, modality)[indices])
    return SeriesLooks(modality, looks_of(pictures, positions_of(indices, len(volume))))


def likeness_of_series(looks: Sequence[SeriesLooks]) -> np.ndarray:
    """Say how well every series could be proposed from every other one.

    Parameters
    ----------
    looks : sequence of SeriesLooks
        Of all series.

    Returns
    -------
    np.ndarray
        float [series, teacher]: the mean over the slices of a series of the likeness to that slice
        of the teacher which is most like it.
    """
    return np.array(
        [
            [
                float(one.slices.likeness(other.slices).max(axis=1).mean())
                if one.modality == other.modality
                else _LEAST_LIKENESS
                for other in looks
            ]
            for one in looks
        ]
    ).reshape(len(looks), len(looks))


def teaching_order(likeness: np.ndarray, finished: Collection[int]) -> list[int]:
    """Order the series that are not finished, most informative first.

    Parameters
    ----------
    likeness : np.ndarray
        From `likeness_of_series`.
    finished : collection of int
        Series that teach already.

    Returns
    -------
    list of int
        Every other series once.
    """
    covered = np.full(len(likeness), _LEAST_LIKENESS)
    for index in finished:
        covered = np.maximum(covered, likeness[:, index])
    left = [index for index in range(len(likeness)) if index not in finished]
    order = []
    while left:
        gains = [np.maximum(likeness[:, index] - covered, 0).sum() for index in left]
        best = left.pop(int(np.argmax(gains)))
        covered = np.maximum(covered, likeness[:, best])
        order.append(best)
    return order
