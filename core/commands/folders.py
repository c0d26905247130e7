"""Zip archives given to a command in the place of folders."""

import argparse
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from core.dicom.errors import DicomError
from core.home.settings import home_folder
from core.home.temporary_files import temporary_folder
from core.home.unpacking import is_packed_folder, unpacked


@contextmanager
def unpacked_folders(arguments: argparse.Namespace, names: Iterable[str]) -> Iterator[None]:
    """Put a temporary folder under SLICEWISE_HOME in the place of every archive in arguments.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of a command; changed, and given `archives`: the paths of those that were unpacked.
    names : iterable of str
        Arguments that may be folders: one path, several, or none.

    Raises
    ------
    DicomError, OSError
        When an archive cannot be used; where the command raised the error, paths in its message
        are those of the archives.
    """
    archives: dict[Path, Path] = {}
    with ExitStack() as stack:

        def folder_of(value: Any) -> Any:
            if isinstance(value, list):
                return [folder_of(member) for member in value]
            if not isinstance(value, Path) or not is_packed_folder(value):
                return value
            folder = stack.enter_context(unpacked(value, temporary_folder(home_folder())))
            archives[folder] = value
            return folder

        for name in names:
            setattr(arguments, name, folder_of(getattr(arguments, name)))
        arguments.archives = list(archives.values())
        try:
            yield
        except ValueError as error:
            message = str(error)
            for folder, archive in archives.items():
                message = message.replace(str(folder), str(archive))
            if message == str(error):
                raise
            raise DicomError(message) from error
