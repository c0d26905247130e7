"""The first proposals of a process, made of nothing, so that no person waits for what they load."""

import numpy as np

from core.network.engine import Engine
from core.proposals.proposer import SegmentExamples, propose


def warm_up(engine: Engine) -> None:
    """Compile and load what the first proposals need, by making some of a blank series.

    Parameters
    ----------
    engine : Engine
        The network.
    """
    volume = np.zeros((5, 32, 32), np.float32)
    volume[:, :16] = 1
    mask = np.zeros((32, 32), bool)
    mask[8:-8, 8:-8] = True
    examples = [SegmentExamples(1, {0: mask, 4: mask})]
    for _ in propose(volume, (1.0, 1.0, 1.0), "MR", examples, engine=engine):
        pass
