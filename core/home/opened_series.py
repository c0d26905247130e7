"""Series that have been opened here, known by keys that do not identify the patient."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from core.home.private_files import private_folder
from core.home.secret import home_secret
from core.home.whole_files import written_whole

_KEY = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True)
class OpenedSeries:
    """A series that was opened, and where its files are.

    Attributes
    ----------
    key : str
        Names the series in the address of a page: 24 hexadecimal digits that cannot be turned back
        into its UID.
    uid : str
        As in its summary.
    source : pathlib.Path
        File or folder to look for it in.
    leave_out_damaged : bool
        Whether the person chose to do without its damaged files.
    project_key : str
        Project that it was opened into, with a key of its own; blank outside projects.
    """

    key: str
    uid: str
    source: Path
    leave_out_damaged: bool = False
    project_key: str = ""


def remember_series(
    home: Path, uid: str, source: Path, *, leave_out_damaged: bool = False, project_key: str = ""
) -> OpenedSeries:
    """Store that a series was opened, so that its key leads to it again.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    uid : str
        As in its summary.
    source : pathlib.Path
        File or folder it was found in.
    leave_out_damaged : bool
        Whether to do without its damaged files.
    project_key : str
        Project that it is opened into: the same series in two projects, or in none, has two keys,
        and what one project takes its files from does not change those of another.

    Returns
    -------
    OpenedSeries
        With its key.
    """
    key = series_key(home, uid, project_key)
    opened = OpenedSeries(key, uid, source, leave_out_damaged, project_key)
    path = _note(home, opened.key)
    private_folder(path.parent)
    note = {
        "uid": uid,
        "source": str(source),
        "leave_out_damaged": leave_out_damaged,
        "project_key": project_key,
    }
    with written_whole(path) as unfinished:
        unfinished.write_text(json.dumps(note), encoding="utf-8")
    return opened


def recall_series(home: Path, key: str) -> OpenedSeries | None:
    """Series that a key stands for.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    key : str
        From anywhere, such as the address of a page.

    Returns
    -------
    OpenedSeries or None
        None for a key that was never given out here.
    """
    if not _KEY.fullmatch(key):
        return None
    try:
        note = json.loads(_note(home, key).read_text(encoding="utf-8"))
        return OpenedSeries(
            key,
            str(note["uid"]),
            Path(note["source"]),
            bool(note["leave_out_damaged"]),
            str(note.get("project_key", "")),  # earlier versions of the program knew no projects
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remembered_series(home: Path) -> list[OpenedSeries]:
    """All series that were opened here and not forgotten, in the order of their keys."""
    keys = sorted(path.stem for path in (home / "opened").glob("*.json"))
    return [opened for opened in (recall_series(home, key) for key in keys) if opened is not None]


def series_key(home: Path, uid: str, project_key: str = "") -> str:
    """Key of a series: a keyed digest, so that nobody can look up which UID it stands for.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    uid : str
        As in its summary.
    project_key : str
        Project that it is opened into; blank outside projects.

    Returns
    -------
    str
        24 hexadecimal digits, the same for the same series, project and home.
    """
    named = f"{uid} {project_key}" if project_key else uid
    return hashlib.blake2b(named.encode(), digest_size=12, key=home_secret(home)).hexdigest()


def _note(home: Path, key: str) -> Path:
    return home / "opened" / f"{key}.json"
