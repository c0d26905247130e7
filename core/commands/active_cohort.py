"""`propose-cohort --active`: every finished series teaches the others, most informative first."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.home.whole_files import written_whole
from core.stored_proposals.active import ActiveReport, ActiveRound
from core.stored_proposals.cohort import Outcome

_COLUMNS = (
    "place",
    "annotation",
    "outcome",
    "slices",
    "expected_dice_before",
    "expected_dice",
    "reason",
)

_NOBODY_TEACHES = (
    "No series teaches yet. Finish the first one, then run this again: in a project, hand it in; "
    "else draw all of it, or have it proposed and review that."
)


def print_order(now: ActiveRound) -> None:
    """Print in which order to annotate, and how good what is proposed there should be.

    Parameters
    ----------
    now : ActiveRound
        What was done.
    """
    for silent in now.silent:
        print(f"{silent.annotation_key} is finished, but cannot teach: {silent.reason}")
    if not now.reports:
        print(f"{now.finished} finished, none left.")
        return
    print(f"{now.finished} finished, {len(now.reports)} left, most informative first:")
    for one in now.reports:
        place = "—" if one.place is None else str(one.place)
        reason = f": {one.report.reason}" if one.report.reason else ""
        print(
            f"{place:>4}  {one.report.annotation_key}  Dice to expect {_said(one.before)} → "
            f"{_said(one.after)}  {one.report.outcome}{reason}"
        )
    if any(one.report.outcome is Outcome.NOTHING_DRAWN for one in now.reports):
        print(_NOBODY_TEACHES)


def write_order(now: ActiveRound, path: Path) -> None:
    """Write the same as a table.

    Parameters
    ----------
    now : ActiveRound
        What was done.
    path : Path
        CSV; replaced where it exists.
    """
    with written_whole(path) as unfinished, unfinished.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        table.writerows(_rows(now.reports))


def _rows(reports: Sequence[ActiveReport]) -> Iterator[tuple[str, ...]]:
    for one in reports:
        yield (
            "" if one.place is None else str(one.place),
            one.report.annotation_key,
            one.report.outcome,
            str(one.report.slices),
            "" if one.before is None else f"{one.before:.3f}",
            "" if one.after is None else f"{one.after:.3f}",
            one.report.reason,
        )


def _said(expected: float | None) -> str:
    return "unknown" if expected is None else f"{expected:.2f}"
