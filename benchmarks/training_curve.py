"""Draw the curves of a training run from its log.

python benchmarks/training_curve.py RUN/log.csv docs/images/training.png [--recipe-changed TASKS]
"""

import argparse
import csv
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot

_NAMES = {
    "synthetic_population": "unrelated pictures",
    "synthetic_volume": "slices, no guidance",
    "synthetic_volume_guided": "slices, guided",
}


def main() -> None:
    """Read the log, draw loss and validation Dice over tasks seen, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument(
        "--recipe-changed",
        type=int,
        default=[],
        nargs="+",
        metavar="TASKS",
        help="where other tasks began, so that figures on either side do not compare",
    )
    arguments = parser.parse_args()
    with arguments.log.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tasks = [int(row["tasks"]) / 1000 for row in rows]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    left.plot(tasks, [float(row["loss"]) for row in rows], color="#444444")
    left.set(xlabel="thousand tasks", ylabel="training loss")
    for column, name in _NAMES.items():
        right.plot(tasks, [float(row[column]) for row in rows], label=name)
    right.set(xlabel="thousand tasks", ylabel="Dice, held-out synthetic tasks")
    right.legend(frameon=False)
    for axes in (left, right):
        for change in arguments.recipe_changed:
            axes.axvline(change / 1000, color="#999999", linestyle=":")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(arguments.picture, dpi=120)


if __name__ == "__main__":
    main()
