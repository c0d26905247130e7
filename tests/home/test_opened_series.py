"""Keys of opened series."""

import json
from pathlib import Path

import pytest

from core.home.opened_series import (
    recall_series,
    remember_series,
    remembered_series,
    series_key,
)

UID = "1.2.826.0.1.3680043.8.498.1"


def test_a_remembered_series_is_recalled_by_its_key(tmp_path: Path) -> None:
    opened = remember_series(tmp_path, UID, tmp_path / "folder", leave_out_damaged=True)
    assert recall_series(tmp_path, opened.key) == opened


def test_all_remembered_series_are_listed_and_damaged_notes_left_out(tmp_path: Path) -> None:
    assert remembered_series(tmp_path) == []
    opened = {remember_series(tmp_path, f"{UID}.{end}", tmp_path) for end in range(3)}
    (tmp_path / "opened" / f"{'0' * 24}.json").write_text("{")
    assert set(remembered_series(tmp_path)) == opened


def test_the_key_is_the_same_each_time_but_not_in_another_home(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert series_key(first, UID) == series_key(first, UID)
    assert series_key(first, UID) != series_key(second, UID)
    assert UID not in series_key(first, UID)


def test_a_series_has_a_key_of_its_own_in_each_project(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("all", "one", "two")]
    opened = [
        remember_series(tmp_path, UID, place, project_key=key)
        for place, key in zip(places, ("", "one", "two"), strict=True)
    ]
    assert len({one.key for one in opened}) == 3
    assert [recall_series(tmp_path, one.key) for one in opened] == opened
    assert [one.project_key for one in opened] == ["", "one", "two"]


def test_a_note_of_an_earlier_version_is_outside_projects(tmp_path: Path) -> None:
    opened = remember_series(tmp_path, UID, tmp_path)
    (note,) = (tmp_path / "opened").iterdir()
    note.write_text(json.dumps({"uid": UID, "source": str(tmp_path), "leave_out_damaged": False}))
    assert recall_series(tmp_path, opened.key) == opened


@pytest.mark.parametrize(
    "key",
    ["", "0" * 23, "0" * 24, "0" * 25, "../secret", "../../opened/x", "Ä" * 24, "0" * 24 + "\n"],
)
def test_a_key_that_was_not_given_out_recalls_nothing(key: str, tmp_path: Path) -> None:
    remember_series(tmp_path, UID, tmp_path)
    assert recall_series(tmp_path, key) is None


@pytest.mark.parametrize("note", ["", "{", "[]", '{"uid": "1"}', "null"])
def test_a_damaged_note_recalls_nothing(note: str, tmp_path: Path) -> None:
    opened = remember_series(tmp_path, UID, tmp_path)
    (tmp_path / "opened" / f"{opened.key}.json").write_text(note)
    assert recall_series(tmp_path, opened.key) is None


def test_the_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    series_key(tmp_path, UID)
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert len((tmp_path / "secret").read_bytes()) == 32
