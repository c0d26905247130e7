"""What Slicewise keeps is for its owner alone, also where the folder was there before."""

import io
from pathlib import Path

import pytest

from core.annotation.store import AnnotationStore
from core.demo import write_demo_series
from core.home.opened_series import remember_series
from core.home.person import remember_person
from core.home.private_files import is_private, make_private, private_folder
from core.home.secret import home_secret
from core.home.settings import read_settings
from core.home.uploads import store_upload
from core.home.whole_files import written_whole


def everything(home: Path) -> list[Path]:
    return [home, *home.rglob("*")]


@pytest.fixture
def shared_home(tmp_path: Path) -> Path:
    """A home that was made for everybody, with things in it, and a link to something outside."""
    home = tmp_path / "home"
    (home / "uploads" / "old").mkdir(parents=True)
    for path in (home / "secret", home / "uploads" / "old" / "000001", tmp_path / "outside"):
        path.write_bytes(b"x" * 32)
    (home / "link").symlink_to(tmp_path / "outside")
    for path in (home, home / "uploads", home / "uploads" / "old"):
        path.chmod(0o777)
    for path in (home / "secret", home / "uploads" / "old" / "000001", tmp_path / "outside"):
        path.chmod(0o666)
    return home


def test_a_home_that_was_there_before_is_taken_from_everybody_else(shared_home: Path) -> None:
    read_settings({"SLICEWISE_HOME": str(shared_home)})
    assert all(is_private(path) for path in everything(shared_home) if not path.is_symlink())
    assert (shared_home / "secret").stat().st_mode & 0o777 == 0o600
    assert (shared_home / "uploads").stat().st_mode & 0o777 == 0o700


def test_what_a_link_leads_to_stays_as_it_is(shared_home: Path) -> None:
    make_private(shared_home)
    assert (shared_home.parent / "outside").stat().st_mode & 0o777 == 0o666


def test_whatever_is_kept_is_private_from_the_beginning(tmp_path: Path) -> None:
    home = read_settings({"SLICEWISE_HOME": str(tmp_path / "home")}).home
    home_secret(home)
    remember_person(home, "A")
    remember_series(home, "1.2.3", home / "demo")
    store_upload([("scan", io.BytesIO(b"x"))], home)
    private_folder(home / "demo")
    write_demo_series(home / "demo")
    store = AnnotationStore(read_settings({"SLICEWISE_HOME": str(home)}).database)
    store.open_annotation("1.2.3", ["1.2.3.4"], 8, 8)
    assert len(everything(home)) > 50
    assert [path for path in everything(home) if not is_private(path)] == []


def test_a_file_beside_shared_ones_is_shared_as_its_folder_is(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir(mode=0o755)
    path = tmp_path / "exports" / "masks.dcm"
    with written_whole(path) as unfinished:
        unfinished.write_text("x")
    assert path.stat().st_mode & 0o044 == 0o044


def test_a_home_that_appears_again_is_made_again(tmp_path: Path) -> None:
    for _ in range(2):
        home = tmp_path / "home"
        make_private(home)
        assert is_private(home)
        home.rmdir()
