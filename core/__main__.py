"""`python -m core COMMAND …`: Slicewise without a browser."""

import argparse
import importlib
import io
import signal
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from core.dicom.shown_names import printable

COMMANDS = {
    "info": "list the series in a folder or file",
    "propose": "fill in a segmentation that was drawn on a few slices",
    "propose-cohort": "propose over many series in the store, for people to review",
    "evaluate": "judge the network and the proposals on labelled data",
    "train": "train the network on synthetic tasks, and on your own",
    "prepare": "turn your own labelled scans into training tasks",
    "convert": "turn DICOM-SEG, RTSTRUCT and NIfTI into each other, on their series",
    "backup": "copy all annotations into one file, while people work",
    "restore": "fill an empty store with the annotations of a backup",
    "audit": "print or export the audit log: who did what, when and from where",
    "projects": "list, export and delete projects, and take people out of them",
    "pacs": "search the archive, open a series of it, store in it",
}
"""Every command is the module of that name in `core.commands`, with _ for -; only the one used is
imported."""

WITHOUT_DICOM = frozenset({"train", "backup", "restore", "audit", "projects"})
"""Commands that read no DICOM, and run where its libraries are not installed."""

BAD_INPUT = 2
"""Exit code for input that cannot be used, as for wrong options."""

_INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """A parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"{self.prog}: {message}; see {self.prog} --help\n")
        sys.exit(BAD_INPUT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command and its options; those of the process by default.

    Returns
    -------
    int
        Exit code: 0 for success, 2 for input that cannot be used, which one line on stderr
        explains, 130 where it was interrupted.
    """
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return _INTERRUPTED


def _run(given: list[str]) -> int:
    """Read the command line, and run what it names."""
    listing = "\n".join(f"  {name:<14} {what}" for name, what in COMMANDS.items())
    chooser = _Parser(
        prog="python -m core",
        usage="python -m core COMMAND …",
        description=f"commands:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    chooser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    name = chooser.parse_args(given[:1]).command
    command = importlib.import_module(f"core.commands.{name.replace('-', '_')}")
    parser = _Parser(prog=f"python -m core {name}", description=COMMANDS[name])
    command.add_arguments(parser)
    options = parser.parse_args(given[1:])
    # What is wrong with a file is said once, by the line on stderr below.
    warnings.simplefilter("ignore")
    try:
        folders = [one for one in getattr(command, "FOLDERS", ()) if getattr(options, one)]
        if name in WITHOUT_DICOM and not folders:
            return int(command.run(options))
        return _run_on_dicom(command, options, folders)
    except (ValueError, OSError, MemoryError) as error:
        sys.stderr.write(f"{_sentence(error)}\n")
        return BAD_INPUT


def _run_on_dicom(command: ModuleType, options: argparse.Namespace, folders: Sequence[str]) -> int:
    """Run a command that reads DICOM, with archives among its folders unpacked for it."""
    from core.commands.folders import unpacked_folders
    from core.dicom.configuration import configure_libraries

    configure_libraries()
    with unpacked_folders(options, folders):
        return int(command.run(options))


def _sentence(error: Exception) -> str:
    """Put what went wrong in one line."""
    if isinstance(error, MemoryError):
        return "There is not enough memory for this; close other programs."
    if isinstance(error, OSError) and error.strerror and error.filename:
        return printable(f"{error.filename}: {error.strerror}.")
    return printable(" ".join(str(error).split())) or type(error).__name__


def _stop(*_: object) -> NoReturn:
    """Leave by way of an exception, so that temporary folders are deleted."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names and descriptions hold characters that a terminal may not have.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
