"""Draw how proposals on a new patient grow better with the number of teachers.

python -m core evaluate cohort PATH… --report R.json
python benchmarks/cohort_curve.py R.json docs/images/teachers.png
"""

import argparse
import json
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot


def main() -> None:
    """Read the report, draw Dice over teachers for every family, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    cases = json.loads(arguments.report.read_text(encoding="utf-8"))["cases"]
    figure, axes = pyplot.subplots(figsize=(6, 3.4), layout="constrained")
    for family in dict.fromkeys(case["family"] for case in cases):
        dice = {
            (case["used"], case["name"], case["label"]): case["dice"]
            for case in cases
            if case["family"] == family
        }
        counts = sorted({used for used, _, _ in dice})
        means = [
            float(np.mean([one for (used, _, _), one in dice.items() if used == count]))
            for count in counts
        ]
        axes.plot(counts, means, marker="o", label=family.replace("_", " "))
    axes.set_xscale("log", base=2)
    axes.set(xlabel="teachers", ylabel="Dice of the whole volume, nothing drawn", ylim=(0, 1))
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.legend(frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(arguments.picture, dpi=120)


if __name__ == "__main__":
    main()
