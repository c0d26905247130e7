"""What a person looked at last is there again at the next visit, for each person and series."""

import json
from pathlib import Path

import pytest

from core.home.last_views import LastView, recall_view, remember_view
from core.home.segment_display import SegmentDisplay

KEY, OTHER = "0" * 24, "1" * 24
VIEW = LastView(2, 14, "polygon", ("Lung", -600.0, 1500.0), SegmentDisplay((2,), (1,)))


def test_a_view_is_kept_for_each_person_and_series(tmp_path: Path) -> None:
    assert recall_view(tmp_path, KEY, "Ä. Person") == LastView()
    remember_view(tmp_path, KEY, "Ä. Person", VIEW)
    remember_view(tmp_path, KEY, "B. Person", LastView(1, 3))
    remember_view(tmp_path, OTHER, "Ä. Person", LastView(1, 5))
    assert recall_view(tmp_path, KEY, "Ä. Person") == VIEW
    assert recall_view(tmp_path, KEY, "B. Person") == LastView(1, 3)
    assert recall_view(tmp_path, OTHER, "Ä. Person") == LastView(1, 5)


def test_a_view_of_an_earlier_version_is_kept(tmp_path: Path) -> None:
    remember_view(tmp_path, KEY, "Person", VIEW)
    (path,) = (tmp_path / "views").iterdir()
    path.write_text(json.dumps({"segment": 1, "slice": 3, "tool": None, "window": None}))
    assert recall_view(tmp_path, KEY, "Person") == LastView(1, 3)


def test_the_names_of_the_files_tell_nobody(tmp_path: Path) -> None:
    remember_view(tmp_path, KEY, "Person", VIEW)
    (path,) = (tmp_path / "views").iterdir()
    assert "Person" not in path.name and KEY not in path.name
    assert not path.stat().st_mode & 0o077


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps({"segment": "x", "slice": 1, "tool": None, "window": None}),
        json.dumps({"segment": 1, "slice": 1.5, "tool": None, "window": None}),
        json.dumps({"segment": 1, "slice": 1, "tool": "<b>", "window": None}),
        json.dumps({"segment": 1, "slice": 1, "tool": None, "window": ["x", 1, 0]}),
        json.dumps({"segment": 1, "slice": 1, "tool": None, "window": [1]}),
        json.dumps({"segment": 1, "slice": 1, "tool": None, "window": None, "segments": [1]}),
    ],
)
def test_a_damaged_file_counts_as_nothing_known(tmp_path: Path, content: str) -> None:
    remember_view(tmp_path, KEY, "Person", VIEW)
    (path,) = (tmp_path / "views").iterdir()
    path.write_text(content)
    assert recall_view(tmp_path, KEY, "Person") == LastView()
