"""Draw three structures of the demonstration series with their proposals: best, middle, worst.

python benchmarks/proposal_pictures.py docs/images/proposals.png

Only the first and the last slice of every structure are drawn, the least that proposals can be made
from. Shown is the undrawn slice of median Dice of each of the three: the truth green, the proposal
orange.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.demo import LABELS, SPACING, phantom
from core.display.grey import to_grey
from core.display.windows import CT_WINDOWS
from core.evaluation.cases import LabelledVolume, make_case
from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.proposals.examples import joined
from core.proposals.proposer import SegmentExamples, propose

_ROOM = 20  # pixels around a structure
_COLORS = {"truth": "#00b050", "proposal": "#ff9900"}


@dataclass(frozen=True, eq=False)
class Proposed:
    """A structure with its proposals.

    Attributes
    ----------
    label : str
        The structure.
    dice : float
        Of all undrawn slices of its extent together.
    slice : int
        The slice to show.
    mask, truth : np.ndarray
        bool [row, column] of that slice.
    """

    label: str
    dice: float
    slice: int
    mask: np.ndarray
    truth: np.ndarray


def main() -> None:
    """Propose every structure and draw three of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    engine = load_engine()
    proposed = sorted((proposed_from_ends(label, engine) for label in LABELS), key=_merit)
    for one in proposed:
        print(f"{one.label}: {one.dice:.3f}")
    draw([proposed[-1], proposed[len(proposed) // 2], proposed[0]], arguments.picture)


def proposed_from_ends(label: str, engine: Engine) -> Proposed:
    """Draw the first and the last slice of a structure and propose the others."""
    volume, truth = phantom().volume, phantom().masks[label]
    case = make_case(
        LabelledVolume("demonstration", "demonstration", label, "CT", volume, truth, SPACING),
        2,
        "ends",
    )
    assert case is not None
    proposals = propose(volume, SPACING, "CT", [SegmentExamples(1, case.examples)], engine=engine)
    found = joined(case.examples, proposals, truth.shape)
    by_quality = sorted(case.undrawn, key=lambda index: dice(found[index], truth[index]))
    shown = by_quality[len(by_quality) // 2]
    whole = dice(found[case.undrawn], truth[case.undrawn])
    return Proposed(label, whole, shown, found[shown], truth[shown])


def draw(proposed: list[Proposed], picture: Path) -> None:
    """Draw structures side by side."""
    figure, panels = pyplot.subplots(1, len(proposed), figsize=(9, 3.4), layout="constrained")
    for one, axes in zip(proposed, panels, strict=True):
        rows, columns = np.nonzero(one.truth | one.mask)
        top, left = max(rows.min() - _ROOM, 0), max(columns.min() - _ROOM, 0)
        grey = to_grey(phantom().volume[one.slice], CT_WINDOWS[0])
        axes.imshow(grey, cmap="gray", vmin=0, vmax=255)
        for mask, kind in ((one.truth, "truth"), (one.mask, "proposal")):
            axes.contour(mask, [0.5], colors=_COLORS[kind], linewidths=1.2)
        axes.set_xlim(left, columns.max() + _ROOM)
        axes.set_ylim(rows.max() + _ROOM, top)
        axes.set_title(
            f"{one.label}, Dice {one.dice:.2f}\nslice {one.slice + 1}: "
            f"{dice(one.mask, one.truth):.2f}",
            fontsize=9,
        )
        axes.axis("off")
    figure.savefig(picture, dpi=130)


def _merit(proposed: Proposed) -> float:
    return proposed.dice


if __name__ == "__main__":
    main()
