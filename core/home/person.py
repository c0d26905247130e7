"""The name or initials of the person who works with Slicewise, kept from one visit to the next."""

import json
from pathlib import Path

from core.home.whole_files import written_whole


def remembered_person(home: Path) -> str:
    """Return the name recorded with every change; empty where nobody gave one yet.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    """
    try:
        person = json.loads(_person_file(home).read_text(encoding="utf-8"))["person"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return person if isinstance(person, str) else ""


def remember_person(home: Path, person: str) -> None:
    """Keep a name for later visits.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME; it must exist.
    person : str
        Name or initials.

    Raises
    ------
    WriteError
        When it cannot be stored.
    """
    with written_whole(_person_file(home)) as unfinished:
        unfinished.write_text(json.dumps({"person": person}), encoding="utf-8")


def _person_file(home: Path) -> Path:
    return home / "person.json"
