"""`python -m core audit` prints the audit log and writes it as CSV."""

import csv
import re
from pathlib import Path

import pytest

from core.__main__ import BAD_INPUT, main
from core.annotation.database import open_database
from core.audit.entries import Action, add_entry
from core.home.settings import default_url


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose log has two entries."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("SLICEWISE_HOME", str(home))
    monkeypatch.delenv("SLICEWISE_DATABASE", raising=False)
    database = open_database(default_url(home))
    add_entry(database, "anna@example.org", "192.0.2.7", Action.SIGN_IN)
    add_entry(database, "=bob", "192.0.2.8", Action.UPLOAD_STORED, subject="ab", detail="3 files")
    database.dispose()
    return home


def test_it_prints_the_newest_first(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit"]) == 0
    newest, oldest = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\S{20}  =bob  192\.0\.2\.8  upload stored  ab  3 files", newest)
    assert oldest.endswith("anna@example.org  192.0.2.7  signed in")
    assert main(["audit", "--last", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_it_finds_by_person_action_and_day(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options, lines in (
        (["--person", "anna@example.org"], 1),
        (["--action", "upload stored"], 1),
        (["--since", "2020-01-31"], 2),
        (["--before", "2020-01-31"], 0),
    ):
        assert main(["audit", *options]) == 0
        assert len(capsys.readouterr().out.splitlines()) == lines


def test_it_writes_a_table_without_formulas(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "--csv", str(tmp_path / "log.csv")]) == 0
    assert capsys.readouterr().out == "2 entries written.\n"
    with (tmp_path / "log.csv").open(encoding="utf-8-sig", newline="") as file:
        _, newest, _ = csv.reader(file)
    assert newest[2] == "'=bob"


def test_a_day_that_is_none_is_refused_in_a_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["audit", "--since", "yesterday"])
    assert left.value.code == BAD_INPUT
    assert "a day is written like 2026-01-31" in capsys.readouterr().err


def test_the_store_is_never_written_over(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link.csv").symlink_to(home / "annotations.db")
    (tmp_path / "other.db").write_bytes((home / "annotations.db").read_bytes())
    for path in (home / "annotations.db", tmp_path / "link.csv", tmp_path / "other.db"):
        assert main(["audit", "--csv", str(path)]) == BAD_INPUT
        assert "is a database, perhaps the annotation store" in capsys.readouterr().err
    assert main(["audit"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
