"""How long does a whole series take, from its volume to masks in the store?

Part of `benchmarks/engine.py`, which reports it beside the speed of the engine alone.
"""

import copy
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.synthetic_series import slanting_tube
from core.annotation.records import MaskChange
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.network.engine import Engine, load_engine
from core.proposals.proposer import Proposal, SegmentExamples, propose
from core.segments.segment import Code, Segment, default_color


def measure_series(device: torch.device) -> dict[str, Any]:
    """Do the whole job: 100 slices of 512², 16 examples, to full-resolution masks in the store.

    The structure is a slanting tube in noise. Cores work side by side, so the share of the
    engine, which is what happens in encode and predict, is one of the seconds of all cores. Before,
    another slice is proposed, as after a warm start.
    """
    engine = load_engine(device=device.type)
    volume, truth = slanting_tube(slices=116, side=512)
    known = np.linspace(0, len(volume) - 1, 16).round().astype(int)
    segment = SegmentExamples(1, {int(index): truth[index] for index in known})
    spent: dict[str, float] = {}
    stopwatch = with_stopwatch(engine, spent)

    def run() -> Iterator[Proposal]:
        return propose(volume, (2.0, 0.8, 0.8), "CT", [segment], engine=stopwatch)

    next(run())
    spent.clear()
    started, worked = time.perf_counter(), time.process_time()
    first, newest = None, {}
    for proposal in run():
        first = first or time.perf_counter() - started
        newest[proposal.slice] = proposal
    proposed, worked = time.perf_counter(), time.process_time() - worked
    with tempfile.TemporaryDirectory() as folder:
        store_masks(Path(folder), volume.shape, newest.values(), engine.weights.name)
    finished = time.perf_counter()
    found = np.stack([newest[index].mask for index in sorted(newest)])
    return {
        "slices": len(newest),
        "engine": engine.description,
        "first_proposal_s": first,
        "total_s": finished - started,
        "storing_s": finished - proposed,
        "processor_s": worked,
        "engine_share": sum(spent.values()) / worked,
        "mask_pixels": int(found.sum()),
    }


def with_stopwatch(engine: Engine, spent: dict[str, float]) -> Engine:
    """Give the same engine, adding the seconds of every call to spent."""

    def measured(name: str) -> Callable[..., Any]:
        call = getattr(engine, name)

        def run(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            answer = call(*arguments, **named)
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - started
            return answer

        return run

    watched = copy.copy(engine)
    watched.encode = measured("encode")  # type: ignore[method-assign]
    watched.predict = measured("predict")  # type: ignore[method-assign]
    return watched


def store_masks(
    folder: Path, shape: tuple[int, int, int], proposals: Iterable[Proposal], weights: str
) -> None:
    """Write proposals to a new store, as one step."""
    store = AnnotationStore(f"sqlite:///{folder / 'annotations.sqlite'}")
    store.open_annotation("1.2.3", [f"1.2.3.{index}" for index in range(shape[0])], *shape[1:])
    tissue = Code("85756007", "SCT", "Body tissue structure")
    tube = Segment(1, "tube", default_color(1), category=tissue, type=tissue)
    store.save_segment("1.2.3", tube, "benchmark")
    changes = [
        MaskChange(
            segment_number=1,
            slice_index=proposal.slice,
            mask=proposal.mask,
            state=SliceState.PROPOSED,
            based_on=0,
            weights=weights,
        )
        for proposal in proposals
        if proposal.mask.any()
    ]
    store.put_many("1.2.3", changes, person="benchmark", tool="propose", action="propose")
    store.close()
