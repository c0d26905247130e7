"""What people see of the series that were opened last, so that they can carry on with one."""

import contextlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.home.opened_series import OpenedSeries, recall_series
from core.home.private_files import private_folder
from core.home.whole_files import written_whole

_FOLDER = "recent"


@dataclass(frozen=True)
class RecentSeries:
    """A series that was opened before.

    Attributes
    ----------
    opened : OpenedSeries
        Its key and place.
    title, detail : str
        What it is, as it was shown when it was opened.
    picture : bytes or None
        A small picture of it, PNG; None where there is none.
    time : datetime.datetime
        When it was opened last, in UTC.
    """

    opened: OpenedSeries
    title: str
    detail: str
    picture: bytes | None
    time: datetime


def note_recent(
    home: Path, key: str, title: str, detail: str, picture: Callable[[], bytes | None]
) -> None:
    """Store that a series has just been opened, and what people see of it.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    key : str
        From `core.home.opened_series`.
    title, detail : str
        What the series is.
    picture : callable
        Gives a small picture, PNG, or None; asked only where none is stored yet.
    """
    private_folder(home / _FOLDER)
    image = _picture(home, key)
    if not image.exists() and (content := picture()) is not None:
        with written_whole(image) as unfinished:
            unfinished.write_bytes(content)
    with written_whole(_note(home, key)) as unfinished:
        unfinished.write_text(json.dumps({"title": title, "detail": detail}), encoding="utf-8")


def recent_series(
    home: Path,
    most: int,
    is_shown: Callable[[OpenedSeries], bool] = lambda _: True,
    always: Collection[str] = (),
) -> list[RecentSeries]:
    """List the series that were opened last, the newest first.

    What is kept of a series whose files are gone is deleted, since it may name the patient.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    most : int
        How many at most.
    is_shown : callable, optional
        Tells whether a series is to be listed.
    always : collection of str, optional
        Keys of series that are listed however long ago they were opened.

    Returns
    -------
    list of RecentSeries
        Without those that cannot be opened any more.
    """
    found: list[RecentSeries] = []
    for note in (home / _FOLDER).glob("*.json"):
        recent = _read(home, note.stem)
        if recent is None:
            for path in (note, _picture(home, note.stem)):
                path.unlink(missing_ok=True)
        elif is_shown(recent.opened):
            found.append(recent)
    ordered = sorted(found, key=lambda recent: recent.time, reverse=True)
    return [one for place, one in enumerate(ordered) if place < most or one.opened.key in always]


def _read(home: Path, key: str) -> RecentSeries | None:
    """Read what is kept of a series; None where that is damaged or the series is gone."""
    opened = recall_series(home, key)
    if opened is None or not opened.source.exists():
        return None
    picture = None
    with contextlib.suppress(OSError):
        picture = _picture(home, key).read_bytes()
    try:
        note = json.loads(_note(home, key).read_text(encoding="utf-8"))
        time = datetime.fromtimestamp(_note(home, key).stat().st_mtime, UTC)
        return RecentSeries(opened, str(note["title"]), str(note["detail"]), picture, time)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(home: Path, key: str) -> Path:
    return home / _FOLDER / f"{key}.json"


def _picture(home: Path, key: str) -> Path:
    return home / _FOLDER / f"{key}.png"
