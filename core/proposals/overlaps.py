"""Exclusive segments: a pixel belongs to one of them at most."""

from collections.abc import Mapping, Set

import numpy as np


def resolve_overlaps(
    log_odds: Mapping[int, np.ndarray], taken: np.ndarray, exclusive: Set[int]
) -> dict[int, np.ndarray]:
    """Give every pixel of a slice to the most certain of the exclusive segments that include it.

    Parameters
    ----------
    log_odds : mapping of int to np.ndarray
        Segment number to the log-odds of its proposal, float32 [row, column], positive inside.
        Between equals the lower number wins.
    taken : np.ndarray
        bool [row, column]: pixels of exclusive segments' examples on this slice, which no
        exclusive proposal may touch.
    exclusive : set of int
        Numbers of the segments that exclude one another; any other keeps all its pixels.

    Returns
    -------
    dict of int to np.ndarray
        bool [row, column] for every segment.
    """
    masks = {number: values > 0 for number, values in log_odds.items()}
    competing = sorted(set(log_odds) & exclusive)
    if len(competing) < 2:
        return {
            number: mask & ~taken if number in competing else mask for number, mask in masks.items()
        }
    winner = np.argmax(np.stack([log_odds[number] for number in competing]), axis=0)
    for place, number in enumerate(competing):
        masks[number] &= (winner == place) & ~taken
    return masks
