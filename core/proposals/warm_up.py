"""The first proposals of a process, made of nothing, so that no person waits for what they load."""

import numpy as np

from core.network.engine import Engine
from core.proposals.proposer import SegmentExamples, propose

_SIDE, _SLICES = 32, 5


def warm_up(engine: Engine) -> None:
    """Compile and load what the first proposals need, by making some of a blank series.

    Parameters
    ----------
    engine : Engine
        The network.
    """
    volume = np.zeros((_SLICES, _SIDE, _SIDE), np.float32)
    volume[:, : _SIDE // 2] = 1
    mask = np.zeros((_SIDE, _SIDE), bool)
    mask[_SIDE // 4 : -_SIDE // 4, _SIDE // 4 : -_SIDE // 4] = True
    examples = [SegmentExamples(1, {0: mask, _SLICES - 1: mask})]
    for _ in propose(volume, (1.0, 1.0, 1.0), "MR", examples, engine=engine):
        pass
