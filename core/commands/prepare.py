"""`python -m core prepare`: turn one's own labelled scans into a registry of training tasks."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from core.training.registry.dicom_sources import find_segmented_series
from core.training.registry.index import Stack, read_registry
from core.training.registry.nifti_sources import CONVENTIONS, Convention, find_pairs, nifti_files
from core.training.registry.preparation import Outcome, PreparationOptions, prepare_registry
from core.training.registry.scans import FoundScan
from core.training.registry.slices import SliceOptions

_INTERRUPTED = 130

FOLDERS = ("sources",)
"""Arguments that a zip archive may stand for, too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    default = PreparationOptions()
    parser.add_argument(
        "sources",
        type=Path,
        nargs="+",
        metavar="SOURCE",
        help="folder or zip archive of NIfTI images and labels, or of DICOM series and their "
        "segmentations",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="REGISTRY", help="folder to make or add to"
    )
    parser.add_argument(
        "--data-set", metavar="NAME", help="name of the data set; the folder's name by default"
    )
    _add_source_arguments(parser)
    _add_slice_arguments(parser)
    parser.add_argument(
        "--split",
        type=float,
        nargs=3,
        default=list(default.shares),
        metavar=("TRAIN", "VAL", "TEST"),
        help="shares of the patients for training, validation and test",
    )
    parser.add_argument("--seed", type=int, default=default.seed, help="of the split")


def _add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how scans and labels in NIfTI are found and named."""
    known = "; ".join(f"{known.images} with {known.labels}" for known in CONVENTIONS)
    parser.add_argument(
        "--images",
        metavar="PATTERN",
        help="how NIfTI images are called below SOURCE, without .nii.gz, such as "
        "“{patient}/{scan}/image”; * stands for anything between slashes",
    )
    parser.add_argument(
        "--labels",
        metavar="PATTERN",
        help="how their labels are called, such as “{patient}/{scan}/mask_{label}”; without "
        f"{{label}} a file holds a number per structure. Known without patterns: {known}",
    )
    parser.add_argument(
        "--label-names",
        nargs="+",
        metavar="NUMBER=NAME",
        help="names of the numbers in label files; by default those in a dataset.json in SOURCE",
    )
    parser.add_argument(
        "--modality",
        help="of NIfTI images, such as CT or MR; by default as a dataset.json in SOURCE has it, "
        "else CT where values reach −500 and MR elsewhere",
    )


def _add_slice_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which slices and views become tasks."""
    default = SliceOptions()
    parser.add_argument(
        "--planes",
        choices=("all", "acquired"),
        default=default.planes,
        help="all planes whose pixels are square enough, or only that of the acquisition",
    )
    parser.add_argument(
        "--views",
        nargs="+",
        choices=("slice", "structure"),
        default=list(default.views),
        help="whole slices, neighbourhoods of the structures as in use, or both",
    )
    parser.add_argument(
        "--slices",
        type=int,
        default=default.slices,
        metavar="N",
        help="most slices to keep of a structure in a plane; of more, evenly spaced ones are kept",
    )
    parser.add_argument(
        "--smallest",
        type=int,
        default=default.smallest,
        metavar="PIXELS",
        help="masks smaller than that, of 128 × 128 pixels, are specks and left out",
    )


def run(arguments: argparse.Namespace) -> int:
    """Find scans, add them to the registry, print what it holds.

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
        If a source or an option cannot be used, or no scan could be.
    """
    train, val, test = arguments.split
    options = PreparationOptions(
        slices=SliceOptions(
            planes=arguments.planes,
            views=tuple(sorted(set(arguments.views))),
            slices=arguments.slices,
            smallest=arguments.smallest,
        ),
        shares=(train, val, test),
        seed=arguments.seed,
    )
    scans = _find(arguments)
    outcomes: list[Outcome] = []
    try:
        for outcome in prepare_registry(scans, arguments.output, options):
            outcomes.append(outcome)
            _show_progress(outcome, len(outcomes), len(scans))
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; give the same command again to carry on.\n")
        return _INTERRUPTED
    left_out = [outcome for outcome in outcomes if outcome.status == "left out"]
    if len(left_out) == len(outcomes):
        raise ValueError(f"None of the {len(outcomes)} scans can be used: {left_out[0].reason}")
    unchanged = sum(outcome.status == "unchanged" for outcome in outcomes)
    print(
        f"{len(outcomes) - len(left_out) - unchanged} scans prepared, {unchanged} unchanged, "
        f"{len(left_out)} left out"
    )
    for line in _summary(read_registry(arguments.output).stacks):
        print(line)
    return 0


def _find(arguments: argparse.Namespace) -> list[FoundScan]:
    """Find the scans of all sources."""
    if (arguments.images is None) != (arguments.labels is None):
        raise ValueError("--images and --labels: give both patterns or none")
    convention = Convention(arguments.images, arguments.labels) if arguments.images else None
    names = _label_names(arguments.label_names or ())
    found: list[FoundScan] = []
    for folder in arguments.sources:
        if not folder.is_dir():
            raise ValueError(f"{folder} is not a folder; give folders of labelled scans")
        data_set = arguments.data_set or folder.resolve().name
        if convention or nifti_files(folder):
            found += find_pairs(
                folder,
                data_set,
                convention=convention,
                label_names=names,
                modality=arguments.modality,
            )
        else:
            found += find_segmented_series(folder, data_set)
    return found


def _label_names(given: Iterable[str]) -> dict[int, str]:
    names = {}
    for text in given:
        number, _, name = text.partition("=")
        if not number.isdecimal() or not name:
            raise ValueError(f"--label-names: got “{text}”; expected NUMBER=NAME")
        names[int(number)] = name
    return names


def _show_progress(outcome: Outcome, done: int, total: int) -> None:
    """Print what could not be used and, in a terminal, how far the work is."""
    is_terminal = sys.stderr.isatty()
    fresh_line = "\r\033[K" if is_terminal else ""
    if outcome.status == "left out":
        sys.stderr.write(f"{fresh_line}{outcome.reason}\n")
    if is_terminal:
        sys.stderr.write(f"{fresh_line}{done} of {total} scans" + "\n" * (done == total))


def _summary(stacks: Iterable[Stack]) -> Iterable[str]:
    """Lines with the number of patients of every structure, by split."""
    patients: dict[tuple[str, str, str], dict[str, set[str]]] = defaultdict(
        lambda: {"train": set(), "val": set(), "test": set()}
    )
    planes: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for stack in stacks:
        key = stack.data_set, stack.modality, stack.label
        patients[key][stack.split].add(stack.patient)
        planes[key].add(stack.plane)
    for key in sorted(patients):
        counts = "  ".join(f"{split} {len(who):>4}" for split, who in patients[key].items())
        yield f"{' '.join(key):<44} patients: {counts}  {', '.join(sorted(planes[key]))}"
