"""Who is shown the tour."""

from pathlib import Path

from core.home.tour import close_tour, is_tour_open, open_tour


def test_the_tour_is_shown_until_it_is_closed_to_each_person_for_themselves(
    tmp_path: Path,
) -> None:
    assert not is_tour_open(tmp_path, "anna")
    for person in ("anna", "ben"):
        open_tour(tmp_path, person)
    close_tour(tmp_path, "anna")
    close_tour(tmp_path, "anna")
    assert (is_tour_open(tmp_path, "anna"), is_tour_open(tmp_path, "ben")) == (False, True)


def test_its_files_do_not_name_the_person(tmp_path: Path) -> None:
    open_tour(tmp_path, "Ben Example")
    (note,) = (tmp_path / "tours").iterdir()
    assert "ben" not in note.name.lower() and not note.read_bytes()
