"""Whether a person is shown the tour of the pages, kept from one visit to the next."""

import hashlib
from contextlib import suppress
from pathlib import Path

from core.home.private_files import private_folder
from core.home.secret import home_secret


def is_tour_open(home: Path, person: str) -> bool:
    """Tell whether a person has begun the tour and not closed it yet.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    person : str
        Name or initials.
    """
    return _note(home, person).is_file()


def open_tour(home: Path, person: str) -> None:
    """Show a person the tour from now on; parameters as for `is_tour_open`.

    Raises
    ------
    OSError
        When it cannot be stored.
    """
    note = _note(home, person)
    private_folder(note.parent)
    note.touch(mode=0o600)


def close_tour(home: Path, person: str) -> None:
    """Show a person the tour no more; parameters as for `is_tour_open`."""
    with suppress(OSError):
        _note(home, person).unlink()


def _note(home: Path, person: str) -> Path:
    """File of a person, whose name it does not tell."""
    digest = hashlib.blake2b(
        f"tour {person}".encode(), digest_size=12, key=home_secret(home)
    ).hexdigest()
    return home / "tours" / digest
