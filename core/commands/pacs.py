"""`python -m core pacs find|get|put`: search the archive, open a series of it, store in it."""

import argparse
import shutil
import sys
import uuid
from pathlib import Path

from core.home.private_files import make_private
from core.home.settings import home_folder
from core.home.whole_files import WriteError
from core.pacs.cache import fetch_series
from core.pacs.dicomweb import ArchivedSeries, Query, search
from core.pacs.settings import ArchiveError, require_archive
from core.pacs.storing import store_instance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.epilog = "archive.toml under SLICEWISE_HOME sets it up; see docs/archive.md."
    actions = parser.add_subparsers(dest="action", required=True, metavar="find|get|put")
    find = actions.add_parser("find", help="search for series")
    find.add_argument("--patient-id", default="", metavar="ID", help="* stands for anything")
    find.add_argument("--patient-name", default="", metavar="NAME", help="its beginning")
    find.add_argument("--date", default="", metavar="DATE[..DATE]", help="of the study")
    find.add_argument("--modality", default="", metavar="CT|MR|SEG|…")
    find.add_argument("--study", default="", metavar="UID")
    find.add_argument("--series", default="", metavar="UID")
    find.add_argument(
        "--show-patient", action="store_true", help="print name and identifier of the patient, too"
    )
    get = actions.add_parser("get", help="bring a series here and print its folder")
    get.add_argument("study", metavar="STUDY_UID")
    get.add_argument("series", metavar="SERIES_UID")
    get.add_argument(
        "--output", type=Path, metavar="FOLDER", help="copy it to a new folder, to be kept"
    )
    put = actions.add_parser("put", help="store DICOM files")
    put.add_argument("files", type=Path, nargs="+", metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    """Do what `action` says.

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
    DicomError, OSError
        When no archive is set up, it does not answer as it should, or a file cannot be used.
    """
    return {"find": _find, "get": _get, "put": _put}[arguments.action](arguments)


def _find(arguments: argparse.Namespace) -> int:
    query = Query(
        patient_id=arguments.patient_id,
        patient_name=arguments.patient_name,
        study_date=arguments.date,
        modality=arguments.modality,
        study_uid=arguments.study,
        series_uid=arguments.series,
    )
    found = search(require_archive(home_folder()), query)
    if not found:
        raise ArchiveError("The archive holds no such series.")
    print("\n\n".join(_described(series, arguments.show_patient) for series in found))
    return 0


def _get(arguments: argparse.Namespace) -> int:
    if arguments.output is not None and arguments.output.exists():
        raise ArchiveError(f"{arguments.output} exists already; name a new folder.")
    home = home_folder()
    make_private(home)
    folder = fetch_series(
        require_archive(home),
        arguments.study,
        arguments.series,
        home,
        _show_progress if sys.stderr.isatty() else None,
    )
    if arguments.output is not None:
        folder = _kept_copy(folder, arguments.output)
    print(folder)
    return 0


def _kept_copy(folder: Path, output: Path) -> Path:
    """Copy a series to a new folder, which is there once it is whole."""
    unfinished = output.with_name(f".{uuid.uuid4().hex}")
    try:
        unfinished.mkdir(parents=True)
        for path in folder.iterdir():
            shutil.copy2(path, unfinished)
        unfinished.rename(output)
    except OSError as error:
        raise WriteError(output, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return output


def _put(arguments: argparse.Namespace) -> int:
    archive = require_archive(home_folder())
    for path in arguments.files:
        store_instance(archive, path)
        print(f"stored {path}", flush=True)
    return 0


def _described(found: ArchivedSeries, show_patient: bool) -> str:
    count = "–" if found.instances is None else found.instances
    lines = [
        f"study        {found.study_uid}",
        f"series       {found.series_uid}",
        f"date         {found.study_date or '–'}",
        f"modality     {found.modality or '–'}",
        f"description  {found.series_description or '–'}",
        f"instances    {count}",
    ]
    if show_patient:
        lines.append(f"patient      {found.patient_id or '–'} · {found.patient_name or '–'}")
    return "\n".join(lines)


def _show_progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{done} of {total} instances", end=end, file=sys.stderr, flush=True)
