"""Making the first proposals of a process beforehand."""

import numpy as np

from core.network import kernels
from core.network.engine import load_engine
from core.proposals import optical_flow_kernel, random_walker_kernel
from core.proposals.proposer import SegmentExamples, propose
from core.proposals.warm_up import warm_up

MODULES = (kernels, optical_flow_kernel, random_walker_kernel)


def compiled() -> list[list[object]]:
    """What the steps of each module have been compiled for."""
    return [
        [types for step in vars(module).values() for types in getattr(step, "signatures", ())]
        for module in MODULES
    ]


def test_warming_up_compiles_every_step_of_proposals_beforehand() -> None:
    engine = load_engine(device="cpu")
    warm_up(engine)
    before = compiled()
    assert all(before)
    volume = np.random.default_rng(0).random((9, 70, 51), np.float32)
    mask = np.zeros(volume.shape[1:], bool)
    mask[20:40, 10:30] = True
    examples = [SegmentExamples(3, {1: mask, 4: mask, 7: mask})]
    assert list(propose(volume, (3.0, 0.7, 0.7), "CT", examples, engine=engine))
    assert compiled() == before
