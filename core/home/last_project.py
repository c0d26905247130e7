"""Which project a person put series into last, so that it is offered first."""

from contextlib import suppress
from pathlib import Path

from core.home.private_files import private_folder
from core.home.secret import opaque_name
from core.home.whole_files import written_whole

_LONGEST = 200


def remember_project(home: Path, person: str, project_key: str) -> None:
    """Keep a person's choice; blank for no project. Where it cannot be kept, it is forgotten."""
    note = _note(home, person)
    with suppress(OSError):
        private_folder(note.parent)
        with written_whole(note) as unfinished:
            unfinished.write_text(project_key, encoding="utf-8")


def recall_project(home: Path, person: str) -> str:
    """Key of the project that a person chose last, which may be gone; blank for none."""
    try:
        return _note(home, person).read_text(encoding="utf-8")[:_LONGEST]
    except (OSError, ValueError):
        return ""


def _note(home: Path, person: str) -> Path:
    """File of a person, whose name it does not tell."""
    return home / "last-projects" / opaque_name(home, f"project {person}")
