"""Locks of SQLite: what the process does with other files must not take them away."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.annotation.store import AnnotationStore
from core.dicom.reading import look_through
from core.home.backups import kept_files
from core.home.server_folders import server_files
from core.home.settings import default_url
from tests.support.pages import PERSON
from tests.support.segments import LIVER_SEGMENT
from tests.support.synthetic_series import PLACEMENTS, write_series

ROOT = Path(__file__).resolve().parents[1]

_READ_AND_CLOSE = (
    "import sys; from core.annotation.store import AnnotationStore; "
    "store = AnnotationStore(sys.argv[1]); "
    "print(*(one.label for one in store.segments('1.2.3'))); store.close()"
)


def another_process_reads(url: str) -> str:
    """Names of the segments, as another process that opens and closes the store finds them."""
    command = [sys.executable, "-c", _READ_AND_CLOSE, url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of a server, below a folder that people may open series in."""
    write_series(tmp_path / "series", PLACEMENTS[0], rows=16)
    return tmp_path / "home"


@pytest.mark.parametrize("named", ["folder", "link", "database"])
def test_a_search_through_the_folder_of_the_store_loses_nothing_that_is_drawn_later(
    home: Path, tmp_path: Path, named: str
) -> None:
    url = default_url(home)
    store = AnnotationStore(url)
    store.open_annotation("1.2.3", ["1.2.3.1"], 16, 16)
    (home.parent / "link.db").symlink_to(home / "annotations.db")
    path = {"folder": home.parent, "link": home.parent / "link.db"}.get(
        named, home / "annotations.db"
    )
    look_through(path)
    look_through(server_files(path, [home.parent], tmp_path / "other home"))
    assert another_process_reads(url) == ""
    store.save_segment("1.2.3", LIVER_SEGMENT, PERSON)
    assert another_process_reads(url) == LIVER_SEGMENT.label
    store.close()


def test_images_beside_the_store_are_found(home: Path) -> None:
    store = AnnotationStore(default_url(home))
    findings = look_through(home.parent)
    assert len(findings.series) == 1 and not findings.skipped
    store.close()


def test_a_backup_copies_no_store_of_another_name_file_by_file(home: Path) -> None:
    home.mkdir()
    (home / "person.json").write_text("{}")
    store = AnnotationStore(f"sqlite:///{home / 'own.db'}")
    assert [path.name for path in kept_files(home, uploads=True)] == ["person.json"]
    store.close()
