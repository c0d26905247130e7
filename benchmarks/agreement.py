"""Do masks in bfloat16 agree with those in float32?

    python benchmarks/agreement.py PATH… [--drawn 3] [--slices N]

For every volume, both precisions propose the same slices of every structure from the same drawn
slices, with the bundled weights. What is compared are the thresholded answers of the network, in
its own pixels, pooled over a volume: 2 |a and b| / (|a| + |b|).
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.evaluation.cases import LabelledVolume, make_case, read_volumes
from core.network.engine import Engine, load_engine
from core.proposals.examples import SegmentExamples
from core.proposals.intensity import prepare
from core.proposals.network_opinion import predict_logits
from core.proposals.segment_state import prepare_segment


def main() -> None:
    """Print a line for every volume, then the smallest agreement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path, help="npz files or folders of them")
    parser.add_argument("--drawn", type=int, default=3, help="drawn slices of a structure")
    parser.add_argument("--slices", type=int, default=10**6, help="most slices of a structure")
    arguments = parser.parse_args()
    engines = [load_engine(precision=precision) for precision in ("float32", "bfloat16")]
    counts: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(3, int))
    for volume in read_volumes(arguments.paths):
        masks = [propose(volume, engine, arguments.drawn, arguments.slices) for engine in engines]
        counts[volume.name] += [int((masks[0] & masks[1]).sum()), *map(np.count_nonzero, masks)]
    dice = {
        name: 2 * both / (first + second) for name, (both, first, second) in counts.items() if first
    }
    for name, value in dice.items():
        print(f"{name}  {value:.4f}  of {counts[name][1]} pixels")
    print(f"smallest of {len(dice)}: {min(dice.values()):.4f}")


def propose(volume: LabelledVolume, engine: Engine, drawn: int, slices: int) -> np.ndarray:
    """Ask the network alone; bool [slices, row, column] in its pixels, none if too few slices."""
    case = make_case(volume, drawn, "inner")
    if case is None:
        return np.zeros((0, 1, 1), bool)
    image = prepare(volume.image, volume.modality)

    def images_of(indices: Sequence[int]) -> np.ndarray:
        return image[list(indices)]

    examples = SegmentExamples(1, case.examples)
    segment = prepare_segment(examples, volume.spacing, engine, "auto", images_of)
    assert segment.prompt is not None
    places = np.linspace(0, len(case.undrawn) - 1, min(slices, len(case.undrawn)))
    wanted = [case.undrawn[int(place)] for place in places]
    return predict_logits(segment.prompt, wanted) > 0


if __name__ == "__main__":
    main()
