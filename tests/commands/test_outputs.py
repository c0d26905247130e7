"""Outputs of commands: images that they would take the place of, and what is no file."""

import os
import shutil
from pathlib import Path

import pytest

from core.__main__ import main
from core.commands.outputs import check_outputs
from tests.commands.conftest import DrawnCase
from tests.support.mounted_disk import mounted_disk


@pytest.fixture
def images(drawn_case: DrawnCase, tmp_path: Path) -> Path:
    """A copy of the images, which a test may lose."""
    return Path(shutil.copytree(drawn_case.folder, tmp_path / "images"))


def test_an_image_of_the_series_is_never_overwritten(
    drawn_case: DrawnCase, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = sorted(images.iterdir())[0]
    before = image.read_bytes()
    seg = str(drawn_case.examples)
    proposed = ["propose", str(images), "--examples", seg, "--method", "interpolation"]
    for command in (
        ["convert", str(images), seg, str(image), "--to", "seg"],
        [*proposed, "--output", str(image)],
        [*proposed, "--output", str(images / "out.dcm"), "--report", str(image)],
        ["propose-cohort", str(images), "--report", str(image)],
    ):
        assert main(command) == 2
        assert "is a DICOM image; give the file another name" in capsys.readouterr().err
        assert image.read_bytes() == before
        assert not (images / "out.dcm").exists()


def test_the_archive_that_the_series_is_read_from_is_never_overwritten(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "series"), "zip", drawn_case.folder))
    before = archive.read_bytes()
    assert main(["convert", str(archive), str(drawn_case.examples), str(archive)]) == 2
    assert "give the file another name" in capsys.readouterr().err
    assert archive.read_bytes() == before


def test_a_damaged_image_counts_as_one_and_earlier_outputs_do_not(
    drawn_case: DrawnCase, images: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.dcm"
    damaged.write_bytes(sorted(images.iterdir())[0].read_bytes()[:200])
    with pytest.raises(ValueError, match="DICOM image"):
        check_outputs([damaged])
    earlier = tmp_path / "earlier.dcm"
    shutil.copy(drawn_case.examples, earlier)
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "table.csv").write_text("a,b\n")
    check_outputs([earlier, tmp_path / "empty.dcm", tmp_path / "table.csv", tmp_path / "new.dcm"])


def test_devices_and_pipes_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(ValueError, match="device or a pipe"):
            check_outputs([path])


def test_a_full_disk_leaves_an_earlier_output_as_it_was(
    drawn_case: DrawnCase, capsys: pytest.CaptureFixture[str]
) -> None:
    with mounted_disk("64k") as disk:
        output = disk / "out.dcm"
        output.write_bytes(b"earlier work")
        (disk / "other").write_bytes(bytes(60_000))
        assert main(["convert", str(drawn_case.folder), str(drawn_case.examples), str(output)]) == 2
        assert "No space left on device" in capsys.readouterr().err
        assert output.read_bytes() == b"earlier work"
        assert sorted(path.name for path in disk.iterdir()) == ["other", "out.dcm"]
