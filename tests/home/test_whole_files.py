"""Files that are complete under their name or not there at all."""

from pathlib import Path

import pytest

from core.dicom.errors import DicomError
from core.home.whole_files import WriteError, removed_on_failure, written_whole


def test_the_file_takes_its_place_once_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "volume.nii.gz"
    path.write_text("before")
    with written_whole(path) as unfinished:
        assert unfinished.parent == tmp_path and unfinished.name.endswith(".nii.gz")
        unfinished.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there_before_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("before")

    def fail() -> None:
        with written_whole(path) as unfinished:
            unfinished.write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_missing_is_named_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "none" / "table.csv"
    with (
        pytest.raises(DicomError, match=r"table\.csv cannot be written: No such file") as caught,
        written_whole(path) as unfinished,
    ):
        unfinished.write_text("text")
    assert isinstance(caught.value, WriteError)
    assert caught.value.reason == "No such file or directory"


def test_a_name_of_full_length_with_full_stops_is_written(tmp_path: Path) -> None:
    for name in (f"v1.{'n' * 248}.dcm", f"v1.{'n' * 252}", f"v1.{'ü' * 120}.nii.gz"):
        path = tmp_path / name
        with written_whole(path) as unfinished:
            unfinished.write_text("text")
            assert unfinished.name.endswith(path.suffix) or len(path.suffix) > 200
        assert path.read_text() == "text"


def test_what_was_written_is_removed_only_where_what_follows_fails(tmp_path: Path) -> None:
    kept, removed = tmp_path / "kept", tmp_path / "removed"
    for path in (kept, removed):
        path.touch()
    with removed_on_failure([kept]):
        pass
    with pytest.raises(ValueError, match="not recorded"), removed_on_failure([removed]):
        raise ValueError("not recorded")
    assert list(tmp_path.iterdir()) == [kept]
