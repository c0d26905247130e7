"""Which uploads belong to projects: only members of these may look into them."""

import json
from pathlib import Path

from core.home.private_files import private_folder
from core.home.uploads import uploads_folder
from core.home.whole_files import written_whole

_NOBODYS = frozenset({""})


def give_to_project(home: Path, folder: Path, project_key: str) -> None:
    """Note that an upload belongs to a project from now on; it may belong to several.

    Nothing is noted of other places: folders of the server and copies from the archive are for
    whoever may search these.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    folder : pathlib.Path
        Where files lie.
    project_key : str
        The project.
    """
    note = _note(home, folder)
    if note is None:
        return
    keys = (projects_with(home, folder) - _NOBODYS) | {project_key}
    private_folder(note.parent)
    with written_whole(note) as unfinished:
        unfinished.write_text(json.dumps(sorted(keys)), encoding="utf-8")


def projects_with(home: Path, folder: Path) -> frozenset[str]:
    """Projects that an upload belongs to, also those that are deleted.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    folder : pathlib.Path
        Where files lie.

    Returns
    -------
    frozenset of str
        Keys; none for what is everybody's. A note that cannot be read names a project without
        members.
    """
    note = _note(home, folder)
    if note is None:
        return frozenset()
    try:
        return frozenset(map(str, json.loads(note.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, TypeError):
        return _NOBODYS


def _note(home: Path, folder: Path) -> Path | None:
    """File of an upload, outside its folder: that holds nothing but what was uploaded."""
    try:
        parts = folder.resolve().relative_to(uploads_folder(home).resolve()).parts
    except ValueError:
        return None
    return home / "project-uploads" / f"{parts[0]}.json" if parts else None
