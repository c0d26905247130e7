"""What is kept of the series that were opened last."""

import os
from pathlib import Path

from core.home.opened_series import remember_series
from core.home.private_files import is_private
from core.home.recent_series import note_recent, recent_series

UID = "1.2.826.0.1.3680043.8.498.1"


def open_series(home: Path, end: int, seconds: int, picture: bytes | None = b"png") -> str:
    """Open a series at a time."""
    source = home / "uploads" / str(end)
    source.mkdir(parents=True, exist_ok=True)
    key = remember_series(home, f"{UID}.{end}", source).key
    note_recent(home, key, f"Series {end}", "a detail", lambda: picture)
    os.utime(home / "recent" / f"{key}.json", (seconds, seconds))
    return key


def test_the_series_opened_last_come_first_and_no_more_than_asked_for(tmp_path: Path) -> None:
    for end, seconds in enumerate([200, 400, 300]):
        open_series(tmp_path, end, seconds)
    open_series(tmp_path, 0, 500)
    assert [one.title for one in recent_series(tmp_path, 2)] == ["Series 0", "Series 1"]
    newest = recent_series(tmp_path, 1)[0]
    assert (newest.opened.uid, newest.detail, newest.picture) == (f"{UID}.0", "a detail", b"png")
    assert newest.time.timestamp() == 500


def test_a_picture_is_made_once_and_may_be_missing(tmp_path: Path) -> None:
    open_series(tmp_path, 1, 100, picture=None)
    assert recent_series(tmp_path, 1)[0].picture is None
    open_series(tmp_path, 1, 100, picture=b"first")
    open_series(tmp_path, 1, 100, picture=b"second")
    assert recent_series(tmp_path, 1)[0].picture == b"first"


def test_what_is_kept_is_private_and_deleted_with_the_files_of_the_series(tmp_path: Path) -> None:
    key = open_series(tmp_path, 1, 100)
    kept = list((tmp_path / "recent").iterdir())
    assert len(kept) == 2
    assert all(is_private(path) for path in kept)
    (tmp_path / "uploads" / "1").rmdir()
    assert recent_series(tmp_path, 5) == []
    assert not any((tmp_path / "recent").glob(f"{key}*"))


def test_a_damaged_note_is_left_out_and_dropped(tmp_path: Path) -> None:
    key = open_series(tmp_path, 1, 100)
    (tmp_path / "recent" / f"{key}.json").write_text("[")
    (tmp_path / "recent" / "no key.json").write_text("{}")
    assert recent_series(tmp_path, 5) == []
    assert not any((tmp_path / "recent").iterdir())


def test_nothing_was_opened_yet(tmp_path: Path) -> None:
    assert recent_series(tmp_path, 5) == []


def test_series_that_are_not_to_be_shown_make_room_for_others(tmp_path: Path) -> None:
    hidden, shown = (open_series(tmp_path, end, 300 - end) for end in (1, 2))
    listed = recent_series(tmp_path, 1, lambda opened: opened.key != hidden)
    assert [one.opened.key for one in listed] == [shown]
    assert len(recent_series(tmp_path, 2)) == 2
