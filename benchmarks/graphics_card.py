"""How exact and how fast are engine and proposals on a graphics card, against the processor?

    python -m benchmarks.graphics_card [--volume FILE.npz] [--device cuda|cpu] [--json FILE]

With the bundled weights: agreement of logits with float32 on the processor, latency of one slice,
slices per second of many at once and their share of what a convolution reaches on this device, and
memory. A series of 100 slices of 512 × 512 with 16 examples and, if given, every structure of a
labelled volume with five drawn slices are proposed from end to end on both devices and compared.
`--device cpu` rehearses it where there is no card. Needs only what training needs.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.synthetic_series import slanting_tube
from benchmarks.timing import convolver, describe, rearranged_gflop, relative_error, take_turns
from core.evaluation.cases import make_case, read_volumes
from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.network.processor import bfloat16_is_faster, choose_device
from core.proposals.proposer import Proposal, SegmentExamples, propose

SIDE, SUPPORT = 128, 8


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--volume", type=Path, help="labelled volume to propose from end to end")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    arguments = parser.parse_args()
    device = choose_device(arguments.device)
    report: dict[str, Any] = {"device": describe(device)}

    def add(name: str, figures: dict[str, Any]) -> None:
        report[name] = figures
        print(name, json.dumps(figures, indent=1), flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")

    for precision in ("float32", "bfloat16") if bfloat16_is_faster(device) else ("float32",):
        add(precision, measure_engine(device, precision))
    add("series", compare_series(device))
    if arguments.volume:
        add("volume", compare_volume(device, arguments.volume))


def measure_engine(device: torch.device, precision: str) -> dict[str, Any]:
    """Compare with the processor and time the engine alone, `SUPPORT` examples of 128²."""
    engine = load_engine(device=device.type, precision=precision)
    exact = load_engine(device="cpu", precision="float32")
    random = np.random.default_rng(0)
    images = random.random((SUPPORT, SIDE, SIDE), dtype=np.float32)
    labels = images > 0.5
    many = 256 if device.type == "cuda" else 8
    queries = random.random((many, SIDE, SIDE), dtype=np.float32)
    guidance = random.uniform(-1, 1, (many, engine.guidance_channels, SIDE, SIDE))
    guidance = guidance.astype(np.float32)
    encoded, expected = (one.encode(images, labels) for one in (engine, exact))
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    seconds, answers = take_turns(
        {
            "one": lambda: engine.predict(queries[:1], encoded, guidance[:1]),
            "many": lambda: engine.predict(queries, encoded, guidance),
        },
        5,
        device,
    )
    few = slice(0, 8)
    reference = exact.predict(queries[few], expected, guidance[few])
    features = engine.weights.network.features
    run, gflop = convolver(device, getattr(torch, precision), features, SIDE)
    ceiling, _ = take_turns({"": run}, 15, device)
    rate = rearranged_gflop(SUPPORT, features, SIDE) * many / seconds["many"]
    return {
        "relative_error": relative_error(answers["many"][few], reference),
        "one_slice_ms": 1000 * seconds["one"],
        "slices_per_second": many / seconds["many"],
        "share_of_a_convolutions_rate": rate / (gflop / ceiling[""]),
        "peak_mib": torch.cuda.max_memory_allocated(device) / 2**20
        if device.type == "cuda"
        else None,
    }


def compare_series(device: torch.device) -> dict[str, Any]:
    """Propose 100 slices of 512 × 512 with 16 examples, a slanting tube in noise."""
    volume, truth = slanting_tube(slices=116, side=512)
    known = np.linspace(0, len(volume) - 1, 16).round().astype(int)
    examples = {int(index): truth[index] for index in known}
    return _compared(device, volume, (2.0, 0.8, 0.8), "CT", examples)


def compare_volume(device: torch.device, path: Path) -> dict[str, Any]:
    """Propose every structure of a labelled volume, five of its slices drawn."""
    report = {}
    for volume in read_volumes([path]):
        case = make_case(volume, 5, "ends")
        if case is not None:
            figures = _compared(
                device, volume.image, volume.spacing, volume.modality, case.examples
            )
            report[volume.label] = figures
    return report


def _compared(
    device: torch.device,
    volume: np.ndarray,
    spacing: tuple[float, float, float],
    modality: str,
    examples: dict[int, np.ndarray],
) -> dict[str, Any]:
    """Propose on the device and on the processor; time of both, and how the masks agree."""
    figures: dict[str, Any] = {}
    masks = {}
    for name in dict.fromkeys((device.type, "cpu")):
        engine = load_engine(device=name)

        def run(engine: Engine = engine) -> Iterator[Proposal]:
            segment = SegmentExamples(1, examples)
            return propose(volume, spacing, modality, [segment], engine=engine)

        next(run())
        started = time.perf_counter()
        found: dict[int, np.ndarray] = {}
        for proposal in run():
            if not found:
                figures[f"{name}_first_s"] = time.perf_counter() - started
            found[proposal.slice] = proposal.mask
        figures[f"{name}_s"] = time.perf_counter() - started
        masks[name] = found
    overlaps = [
        dice(mask, masks["cpu"][index])
        for index, mask in masks[device.type].items()
        if mask.any() or masks["cpu"][index].any()
    ]
    slices = len(masks[device.type])
    return figures | {
        "slices": slices,
        "slices_per_second": slices / figures[f"{device.type}_s"],
        "mean_dice_with_processor": float(np.mean(overlaps)),
        "lowest_dice_with_processor": float(np.min(overlaps)),
    }


if __name__ == "__main__":
    main()
