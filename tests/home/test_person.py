"""The name that is recorded with every change."""

from pathlib import Path

import pytest

from core.home.person import remember_person, remembered_person


def test_a_name_is_remembered_from_one_visit_to_the_next(tmp_path: Path) -> None:
    assert remembered_person(tmp_path) == ""
    remember_person(tmp_path, "Ä. Person")
    remember_person(tmp_path, "B. Person")
    assert remembered_person(tmp_path) == "B. Person"
    assert [path.name for path in tmp_path.iterdir()] == ["person.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"person": 3}'])
def test_a_damaged_file_counts_as_no_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "person.json").write_text(content)
    assert remembered_person(tmp_path) == ""
