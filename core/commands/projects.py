"""`python -m core projects list|export|delete|expire|remove`: projects, from the server's side."""

import argparse
import getpass
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.home.settings import read_settings
from core.home.shown_sizes import shown_size
from core.projects.deletion import delete_expired_projects, delete_whole_project, expired_projects
from core.projects.exporting import export_whole_project
from core.projects.leaving import remove_everywhere
from core.projects.overview import ProjectSummary, all_projects


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.epilog = "It asks for no role: whoever may run it may read the database anyway."
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|export|delete|expire|remove"
    )
    actions.add_parser("list", help="print all projects with their keys")
    export = actions.add_parser("export", help="write a project with everything in it")
    export.add_argument("key", metavar="KEY", help="as listed")
    export.add_argument("file", type=Path, metavar="FILE", help="file to write, ending in .zip")
    delete = actions.add_parser("delete", help="delete an archived project with everything in it")
    delete.add_argument("key", metavar="KEY", help="as listed")
    expire = actions.add_parser("expire", help="delete archived projects whose time is over")
    expire.add_argument("--list", action="store_true", help="only say which these are")
    remove = actions.add_parser("remove", help="take a person out of all projects")
    remove.add_argument("person", metavar="PERSON", help="as the sign-in names them")
    remove.add_argument(
        "--successor", metavar="PERSON", help="who administers what nobody else does"
    )


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
    SettingsError, StoreError, BackupError, WriteError
        If there is no such project, or the store refuses.
    """
    actions: dict[str, Callable[[AnnotationStore, argparse.Namespace], None]] = {
        "list": _list,
        "export": _export,
        "delete": _delete,
        "expire": _expire,
        "remove": _remove,
    }
    store = AnnotationStore(read_settings(os.environ).database, lambda: "command line")
    try:
        actions[arguments.action](store, arguments)
    finally:
        store.close()
    return 0


def _list(store: AnnotationStore, _arguments: argparse.Namespace) -> None:
    for one in all_projects(store):
        print(_described(one))


def _described(one: ProjectSummary) -> str:
    closed = ", archived" if one.archived else ""
    administrators = ", ".join(one.administrators)
    return (
        f"{one.key}  {one.name}{closed}: {one.done} of {one.readings} readings done, "
        f"{one.members} members, administered by {administrators}"
    )


def _export(store: AnnotationStore, arguments: argparse.Namespace) -> None:
    _require_known(store, arguments.key)
    export_whole_project(store, arguments.key, _operator(), arguments.file)
    print(f"{arguments.file} is written, {shown_size(arguments.file.stat().st_size)}.")


def _delete(store: AnnotationStore, arguments: argparse.Namespace) -> None:
    name = _require_known(store, arguments.key)
    delete_whole_project(store, arguments.key, _operator())
    print(f"“{name}” is deleted, with everything in it.")


def _expire(store: AnnotationStore, arguments: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    if arguments.list:
        print("\n".join(expired_projects(store, now)) or "No project's time is over.")
        return
    print(f"{len(delete_expired_projects(store, now, _operator()))} projects are deleted.")


def _remove(store: AnnotationStore, arguments: argparse.Namespace) -> None:
    left = remove_everywhere(store, arguments.person, _operator(), successor=arguments.successor)
    print(f"{arguments.person} is taken out of {len(left)} projects.")


def _operator() -> str:
    """Who is recorded with what the command does."""
    return f"{getpass.getuser()} (command line)"


def _require_known(store: AnnotationStore, key: str) -> str:
    """Name of a project, by its key."""
    found = next((one.name for one in all_projects(store) if one.key == key), None)
    if found is None:
        raise StoreError("There is no project with this key; see: python -m core projects list")
    return found
