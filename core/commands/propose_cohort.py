"""`python -m core propose-cohort`: propose over many series in the store, for people to review."""

import argparse
import csv
import getpass
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm

from core.annotation.store import AnnotationStore
from core.commands.active_cohort import print_order, write_order
from core.commands.choice import choose_series
from core.commands.outputs import check_outputs
from core.commands.teachers import read_teachers
from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.home.opened_series import recall_series
from core.home.settings import Settings, read_settings
from core.home.whole_files import written_whole
from core.projects.overview import all_finished_readings, open_readings
from core.projects.records import WorkItem
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.job import Job
from core.proposal_jobs.opening import open_backend
from core.proposals.teachers import Teachers
from core.stored_proposals.active import propose_actively
from core.stored_proposals.annotated_series import AnnotatedSeries
from core.stored_proposals.cohort import (
    Outcome,
    SeriesReport,
    propose_over,
)

if TYPE_CHECKING:
    from core.network.engine import Engine

FOLDERS = ("paths", "teacher")
"""Arguments that a zip archive may stand for, too."""

_COLUMNS = ("annotation", "outcome", "slices", "reason")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.epilog = (
        "Proposals are made from what people drew on a series, or else from the teachers. Stopped "
        "at any time, the same command carries on. Of a project it takes the readings that are not "
        "handed in, and asks for no role."
    )
    parser.add_argument(
        "paths", type=Path, nargs="*", metavar="FOLDER", help="folder, zip or file with series"
    )
    parser.add_argument("--project", metavar="KEY", help="as `python -m core projects list` has it")
    parser.add_argument(
        "--teacher",
        type=Path,
        nargs=2,
        action="append",
        metavar=("SERIES", "SEG.dcm"),
        help="a series of the same protocol and its segmentation, for those with nothing drawn; "
        "repeatable, and better with several",
    )
    parser.add_argument(
        "--active",
        action="store_true",
        help="let finished series teach the others too, and say in which order to annotate: run it "
        "again after each finished one",
    )
    parser.add_argument(
        "--unadapted",
        action="store_true",
        help="do not adapt the network to the teachers before, nor have it learn from them how "
        "drawn slices are completed: minutes faster for each set of teachers, mostly worse",
    )
    parser.add_argument("--report", type=Path, metavar="R.csv", help="table to write")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"))
    parser.add_argument(
        "--backend",
        metavar="WHERE",
        help="where to propose, as SLICEWISE_PROPOSALS has it: in-process, processes:N, ray+URL",
    )


def run(arguments: argparse.Namespace) -> int:
    """Propose for every series, and print what became of them.

    Parameters
    ----------
    arguments : argparse.Namespace
        From `add_arguments`.

    Returns
    -------
    int
        0, also where some series were refused: the table says why.

    Raises
    ------
    ValueError, OSError
        If a path, the project, the teacher or the store cannot be used.
    """
    if bool(arguments.paths) == bool(arguments.project):
        raise ValueError("Name folders, or a project by --project, and not both.")
    if arguments.report:
        masks = [masks for _, masks in arguments.teacher or ()]
        check_outputs([arguments.report], [*masks, *arguments.archives])
    settings = read_settings(os.environ, device=arguments.device, proposals=arguments.backend)
    store = AnnotationStore(settings.database, lambda: "command line")
    try:
        teachers = read_teachers(arguments.teacher) if arguments.teacher else None
        if arguments.active:
            _propose_actively(settings, store, arguments, teachers)
        else:
            cohort = _unfinished(settings, store, arguments)
            reports = _proposed(settings, store, cohort, arguments, teachers)
            counts = Counter(report.outcome for report in reports)
            print(", ".join(f"{counts[one]} {one}" for one in Outcome if counts[one]) + ".")
            if arguments.report:
                _write(reports, arguments.report)
    finally:
        store.close()
    return 0


def _propose_actively(
    settings: Settings,
    store: AnnotationStore,
    arguments: argparse.Namespace,
    teachers: Teachers | None,
) -> None:
    """Propose from the finished series, and print and write what to annotate next."""
    cohort, finished = _unfinished(settings, store, arguments), None
    if arguments.project:
        done = _series_of(settings, all_finished_readings(store, arguments.project))
        cohort += done
        finished = {one.annotation_key for one in done}
    with closing(_backend(settings)) as backend, _bar(len(cohort)) as bar:
        now = propose_actively(
            store,
            cohort,
            finished,
            backend,
            person=_person(),
            given=teachers,
            adapting=not arguments.unadapted,
            progress=lambda job: bar.set_postfix_str(_doing(job)),
            when_known=bar.update,
        )
    print_order(now)
    if arguments.report:
        write_order(now, arguments.report)


def _unfinished(
    settings: Settings, store: AnnotationStore, arguments: argparse.Namespace
) -> list[AnnotatedSeries]:
    """Series of the folders, or those of the project that people still draw on."""
    if arguments.project:
        return _series_of(settings, open_readings(store, arguments.project))
    return [AnnotatedSeries(one.uid, _known(one)) for one in find_series(arguments.paths)]


def _proposed(
    settings: Settings,
    store: AnnotationStore,
    cohort: list[AnnotatedSeries],
    arguments: argparse.Namespace,
    teachers: Teachers | None,
) -> list[SeriesReport]:
    """Propose with a progress bar; closes what computes, also when it is interrupted."""
    reports = []
    with closing(_backend(settings)) as backend, _bar(len(cohort)) as bar:
        for report in propose_over(
            store,
            cohort,
            backend,
            person=_person(),
            teachers=teachers,
            adapting=not arguments.unadapted,
            progress=lambda job: bar.set_postfix_str(_doing(job)),
        ):
            reports.append(report)
            bar.update()
            bar.write(_line(report), file=sys.stdout)
    return reports


def _backend(settings: Settings) -> ProposalBackend:
    def load() -> "Engine":
        # Importing PyTorch takes seconds, which a wrong path should not cost.
        from core.network.engine import load_engine

        return load_engine(settings.weights, settings.device)

    return open_backend(settings, cache(load))


def _bar(series: int) -> "tqdm[NoReturn]":
    return tqdm(total=series, unit="series", file=sys.stderr, disable=None)


def _person() -> str:
    return f"{getpass.getuser()} (command line)"


def _doing(job: Job) -> str:
    if job.notice is not None:
        return job.notice
    if ahead := job.ahead:
        return f"{ahead} ahead"
    done, total = job.progress
    return f"{100 * done // max(total, 1)} % of one"


def _known(summary: SeriesSummary) -> Callable[[], SeriesSummary]:
    return lambda: summary


def _series_of(settings: Settings, readings: Sequence[WorkItem]) -> list[AnnotatedSeries]:
    def series_of(reading: WorkItem) -> AnnotatedSeries:
        opened = recall_series(settings.home, reading.opened_key)

        def find() -> SeriesSummary:
            if opened is None or not opened.source.exists():
                raise DicomError("The files of this series are not there any more.")
            return choose_series(opened.source, opened.uid)

        leave_out_damaged = opened is not None and opened.leave_out_damaged
        return AnnotatedSeries(reading.annotation_key, find, leave_out_damaged)

    return [series_of(one) for one in readings]


def _line(report: SeriesReport) -> str:
    said = f", {report.slices} slices" if report.slices else ""
    reason = f": {report.reason}" if report.reason else ""
    return f"{report.annotation_key}  {report.outcome}{said}{reason}"


def _write(reports: list[SeriesReport], path: Path) -> None:
    with written_whole(path) as unfinished, unfinished.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        table.writerows(_rows(reports))


def _rows(reports: list[SeriesReport]) -> Iterator[tuple[str, str, int, str]]:
    for one in reports:
        yield one.annotation_key, one.outcome, one.slices, one.reason
