"""Which series a person wants others to be proposed from, kept for the next visit."""

from pathlib import Path

import pytest

from core.home.teaching_choices import TeachingChoice, recall_teaching, remember_teaching


def test_a_choice_is_kept_for_one_person_and_one_project(tmp_path: Path) -> None:
    choice = TeachingChoice(2, ("a" * 33, "b" * 33), trains=False)
    remember_teaching(tmp_path, "anna", "p1", choice)
    assert recall_teaching(tmp_path, "anna", "p1") == choice
    for person, project in (("anna", ""), ("anna", "p2"), ("ben", "p1")):
        assert recall_teaching(tmp_path, person, project) == TeachingChoice()


def test_what_is_kept_tells_no_name(tmp_path: Path) -> None:
    remember_teaching(tmp_path, "anna@example.org", "p1", TeachingChoice(0))
    assert not [one for one in tmp_path.rglob("*") if "anna" in one.name or "p1" in one.name]


def test_a_choice_of_before_networks_were_adapted_is_read(tmp_path: Path) -> None:
    remember_teaching(tmp_path, "anna", "", TeachingChoice())
    (note,) = (tmp_path / "teaching").iterdir()
    note.write_text('{"most": 3, "series": ["k"]}')
    assert recall_teaching(tmp_path, "anna", "") == TeachingChoice(3, ("k",))
    note.write_text('{"most": 3, "series": ["k"], "trains": "yes"}')
    assert recall_teaching(tmp_path, "anna", "") == TeachingChoice()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"most": 99, "series": []}', '{"most": "2"}'])
def test_what_is_damaged_counts_as_no_choice(tmp_path: Path, text: str) -> None:
    remember_teaching(tmp_path, "anna", "", TeachingChoice(2))
    (note,) = (tmp_path / "teaching").iterdir()
    note.write_text(text)
    assert recall_teaching(tmp_path, "anna", "") == TeachingChoice()


@pytest.mark.parametrize(("most", "series"), [(-1, ()), (9, ()), (2, ("",)), (2, ("x" * 200,))])
def test_what_is_no_choice_is_refused(most: int, series: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"[Ss]eries"):
        TeachingChoice(most, series)
