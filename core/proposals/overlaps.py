"""Exclusive segments: a pixel belongs to one of them at most."""

from collections.abc import Mapping, Set

import numpy as np


def settle(
    scores: Mapping[int, np.ndarray], taken: np.ndarray, exclusive: Set[int]
) -> dict[int, np.ndarray]:
    """Give every pixel of a slice to the surest of the exclusive segments that claim it.

    Parameters
    ----------
    scores : mapping of int to np.ndarray
        Segment number to float32 [row, column], positive where the segment claims a pixel: the
        log-odds of its proposal. Between equals the lower number wins.
    taken : np.ndarray
        bool [row, column]: pixels of exclusive segments' examples on this slice, which no
        exclusive proposal may touch.
    exclusive : set of int
        Numbers of the segments that exclude one another; any other keeps all it claims.

    Returns
    -------
    dict of int to np.ndarray
        bool [row, column] for every segment.
    """
    masks = {number: score > 0 for number, score in scores.items()}
    rivals = sorted(set(scores) & exclusive)
    if not rivals:
        return masks
    surest = np.argmax(np.stack([scores[number] for number in rivals]), axis=0)
    for place, number in enumerate(rivals):
        masks[number] &= (surest == place) & ~taken
    return masks
