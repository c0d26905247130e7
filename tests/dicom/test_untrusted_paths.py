"""Where a path leads that somebody else wrote."""

from pathlib import Path

import pytest

from core.dicom.untrusted_paths import existing_below


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a file, beside one with a secret."""
    for name in ("root", "outside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return tmp_path / "root"


def test_a_path_below_the_folder_is_found_whatever_its_spelling(root: Path) -> None:
    (root / "link").symlink_to(root / "file")
    for path in (root, root / "file", str(root / "file"), f"{root}/../root/file", root / "link"):
        found = existing_below(path, [root])
        assert found in (root, root / "file")


def test_the_folder_may_be_reached_by_a_link_itself(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    assert existing_below(link / "file", [link]) == root / "file"


def test_every_other_path_is_the_same_nothing(root: Path) -> None:
    (root / "away").symlink_to(root.parent / "outside")
    (root / "dangling").symlink_to(root / "missing")
    (root / "loop").symlink_to(root / "loop")
    for path in (
        "away/file",
        "dangling",
        "loop",
        "../outside/file",
        "../outside/missing",
        "file/../../outside",
        "missing",
        "\0",
        "x" * 5000,
        "../root-and-more",
    ):
        assert existing_below(f"{root}/{path}", [root]) is None
    assert existing_below("~nobody of this name/file", [root]) is None
