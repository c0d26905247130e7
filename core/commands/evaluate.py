"""`python -m core evaluate`: judge the network and the proposals on labelled data."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from core.commands.outputs import check_outputs
from core.evaluation.cases import LabelledVolume
from core.home.whole_files import written_whole

_METHOD_NAMES = (
    "copy",
    "signed_distance",
    "itk",
    "random_walker",
    "network_unguided",
    "network_guided",
    "chosen",
)

FOLDERS = ("paths",)
"""Arguments that a zip archive may stand for, too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="pairs|volumes|effort|cohort")
    pairs = kinds.add_parser("pairs", help="unrelated pictures, a few of them as examples")
    pairs.add_argument(
        "--support", type=int, nargs="+", default=[1, 2, 4, 8, 16], help="numbers of examples"
    )
    pairs.add_argument(
        "--ensemble", type=int, default=1, metavar="N", help="support sets to average"
    )
    volumes = kinds.add_parser("volumes", help="volumes of which a few slices are drawn")
    volumes.add_argument("--k", type=int, nargs="+", default=[3, 5, 8], help="drawn slices")
    volumes.add_argument(
        "--methods",
        nargs="+",
        default=list(_METHOD_NAMES),
        metavar="METHOD",
        help=f"among {', '.join(_METHOD_NAMES)} and the control network_shuffled",
    )
    effort = kinds.add_parser("effort", help="slices a simulated annotator has to touch")
    effort.add_argument(
        "--no-ends",
        action="store_true",
        help="never state where a structure begins and ends, however often it is asked",
    )
    for kind in (volumes, effort):
        kind.add_argument(
            "--sample", type=int, metavar="N", help="only N structures, spread over the data sets"
        )
    cohort = kinds.add_parser("cohort", help="volumes from others of the same protocol, undrawn")
    cohort.add_argument(
        "--teachers", type=int, nargs="+", default=[1, 2, 4, 8], help="numbers of teachers"
    )
    cohort.add_argument("--labels", nargs="+", metavar="LABEL", help="only these structures")
    cohort.add_argument(
        "--queries", type=int, metavar="N", help="only N volumes of each family, spread over it"
    )
    cohort.add_argument(
        "--effort",
        action="store_true",
        help="also simulate how many slices have to be touched, with most teachers and without any",
    )
    cohort.add_argument(
        "--unadapted",
        action="store_true",
        help="with the network as it is, as series are proposed at first; faster",
    )
    cohort.add_argument(
        "--unlearned",
        action="store_true",
        help="have no network learn from the teachers how drawn slices are completed, for --effort",
    )
    pairs.add_argument(
        "--adapt",
        action="store_true",
        help="also adapt the network to every set of examples, up to a minute each",
    )
    pairs.add_argument(
        "--queries", type=int, metavar="N", help="only N pictures of each task, spread over it"
    )
    for kind in (pairs, volumes, effort, cohort):
        kind.add_argument(
            "paths",
            type=Path,
            nargs="+",
            metavar="PATH",
            help="npz files, or folders or zip archives of them",
        )
        kind.add_argument("--weights", default="default", metavar="NAME|PATH")
        kind.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
        kind.add_argument("--seed", type=int, default=0)
        kind.add_argument("--report", type=Path, metavar="R.json", help="report to write")


def run(arguments: argparse.Namespace) -> int:
    """Score, print the means, write the report.

    Parameters
    ----------
    arguments : argparse.Namespace
        From `add_arguments`.

    Returns
    -------
    int
        0.

    Raises
    ------
    ValueError, OSError
        If something cannot be used.
    """
    if arguments.report:
        check_outputs([arguments.report], [*arguments.paths, *arguments.archives])
    kinds = {"pairs": _pairs, "volumes": _volumes, "effort": _effort, "cohort": _cohort}
    report = kinds[arguments.kind](arguments)
    if arguments.report:
        with written_whole(arguments.report) as unfinished:
            unfinished.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


def _pairs(arguments: argparse.Namespace) -> dict[str, Any]:
    """Score unrelated pictures and print a line per support size."""
    from core.evaluation.pairs import evaluate_pairs, read_tasks
    from core.network.engine import load_engine

    tasks = list(read_tasks(arguments.paths))
    engine = load_engine(arguments.weights, arguments.device)
    report = evaluate_pairs(
        tasks,
        engine,
        arguments.support,
        ensemble=arguments.ensemble,
        adapting=arguments.adapt,
        queries=arguments.queries,
        seed=arguments.seed,
        progress=_show_progress,
    )
    for name, scores in report["tasks"].items():
        for size, row in scores.items():
            low, high = row["interval"]
            best = "adapted" if arguments.adapt else "chosen"
            print(
                f"{name:24} support {size:>3}  {best} {row[best]:.3f} ({low:.3f}–{high:.3f})  "
                + (f"chosen {row['chosen']:.3f}  " if arguments.adapt else "")
                + f"network {row['network']:.3f}  ensemble {row['ensemble']:.3f}  "
                f"mean mask {row['mean_mask']:.3f}"
            )
    _print_means("mean, support", report["mean"])
    return report


def _volumes(arguments: argparse.Namespace) -> dict[str, Any]:
    """Score volumes and print a line per placement and number of drawn slices."""
    from core.evaluation.cases import fewest_slices
    from core.evaluation.volumes import evaluate_volumes
    from core.network.engine import load_engine

    volumes = _read_sample(arguments)
    engine = load_engine(arguments.weights, arguments.device)
    report = evaluate_volumes(
        volumes,
        engine,
        arguments.k,
        methods=arguments.methods,
        seed=arguments.seed,
        progress=_show_volume,
    )
    for placement, means in report["mean"].items():
        _print_means(f"{placement}, k", means)
    scored = {case["k"] for case in report["cases"]}
    for k in sorted(set(arguments.k) - scored):
        print(f"k {k}: no structure has enough slices, {fewest_slices(k)} or more")
    return report


def _effort(arguments: argparse.Namespace) -> dict[str, Any]:
    """Simulate an annotator on every volume and print how many slices it took."""
    from core.evaluation.effort import evaluate_effort
    from core.network.engine import load_engine

    volumes = _read_sample(arguments)
    engine = load_engine(arguments.weights, arguments.device)
    report = evaluate_effort(
        volumes, engine, states_ends=not arguments.no_ends, progress=_show_volume
    )
    for target, share in report["mean_share"].items():
        baseline = report["baseline_share"][target]
        with_clicks = report["with_clicks_share"][target]
        corrections = report["as_corrections_share"][target]
        print(
            f"Dice {target}: {share:.1%} of the slices touched ({with_clicks:.1%} with a fifth of "
            f"a touch for each stated end, {corrections:.1%} with touches as what is changed, "
            f"too); evenly spaced and interpolated {baseline:.1%}"
        )
    return report


def _cohort(arguments: argparse.Namespace) -> dict[str, Any]:
    """Propose volumes from others of their family and print a line per structure."""
    from core.evaluation.cases import read_volumes
    from core.evaluation.cohort import evaluate_cohort
    from core.evaluation.cohort_effort import TARGET, evaluate_cohort_effort
    from core.network.engine import load_engine

    volumes = [
        volume
        for volume in read_volumes(arguments.paths)
        if not arguments.labels or volume.label in arguments.labels
    ]
    engine = load_engine(arguments.weights, arguments.device)
    options = {
        "queries": arguments.queries,
        "adapting": not arguments.unadapted,
        "seed": arguments.seed,
        "progress": _show_volume,
    }
    report = evaluate_cohort(volumes, engine, arguments.teachers, **options)
    for family, labels in report["families"].items():
        for label, by_count in labels.items():
            print(f"{family:24} {label:12} {_by_teachers(by_count)}")
    print(f"mean over families: {_by_teachers(report['mean'])}")
    if arguments.effort:
        most = max(arguments.teachers)
        effort = evaluate_cohort_effort(
            volumes, engine, most, learning=not arguments.unlearned, **options
        )
        report["effort"] = effort
        print(
            f"slices drawn until Dice {TARGET:.2f}: {effort['with']:.2f} with {most} teachers, "
            f"{effort['without']:.2f} without (proposals accepted: {effort['accepted_with']:.2f} "
            f"and {effort['accepted_without']:.2f})"
        )
    return report


def _by_teachers(means: dict[str, float]) -> str:
    return "  ".join(f"{count}: {dice:.3f}" for count, dice in means.items())


def _read_sample(arguments: argparse.Namespace) -> list[LabelledVolume]:
    """Read the volumes, or a sample of them."""
    from core.evaluation.cases import read_volumes, spread

    volumes = list(read_volumes(arguments.paths))
    return volumes if arguments.sample is None else spread(volumes, arguments.sample)


def _print_means(heading: str, means: dict[str, dict[str, float]]) -> None:
    """Print a line of mean Dice for every key."""
    for key, row in means.items():
        print(f"{heading} {key}: " + "  ".join(f"{name} {dice:.3f}" for name, dice in row.items()))


def _show_volume(volume: LabelledVolume) -> None:
    _show_progress(f"{volume.name} {volume.label}")


def _show_progress(name: str) -> None:
    """Print what is being worked on, in a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{name}")
