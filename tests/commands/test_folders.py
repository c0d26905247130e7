"""A zip archive does where a folder does, in every command that takes folders."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import write_segmentation
from core.training.registry.index import read_registry
from tests.support.labelled_scans import write_patient
from tests.support.mask_round_trips import assert_same_masks, make_segments
from tests.support.synthetic_series import PLACEMENTS, write_series


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folder of temporary files, under the home; nothing is left in it, nor put elsewhere."""
    monkeypatch.setenv("SLICEWISE_HOME", str(tmp_path / "home"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    folder = tmp_path / "home" / "temporary"
    yield folder
    assert not list(folder.iterdir())
    assert not list(elsewhere.iterdir())


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[SeriesSummary, Path]:
    """A series, the archive that was made of it, and a segmentation of it."""
    write_series(tmp_path / "series", PLACEMENTS[4], rows=32)
    (summary,) = find_series(tmp_path / "series")
    write_segmentation(summary, make_segments(summary), tmp_path / "drawn.dcm")
    shutil.make_archive(str(tmp_path / "series"), "zip", tmp_path, "series")
    return summary, tmp_path


def test_convert(drawn: tuple[SeriesSummary, Path]) -> None:
    summary, folder = drawn
    output = folder / "out.dcm"
    archive, source = str(folder / "series.zip"), str(folder / "drawn.dcm")
    assert main(["convert", archive, source, str(output), "--to", "labelmap"]) == 0
    for one, other in zip(make_segments(summary), read_segmentation(output, summary), strict=True):
        assert_same_masks(one.masks, other.masks)


def test_propose(drawn: tuple[SeriesSummary, Path]) -> None:
    summary, folder = drawn
    archive, source = str(folder / "series.zip"), str(folder / "drawn.dcm")
    options = ["--output", str(folder / "out.dcm"), "--method", "interpolation"]
    assert main(["propose", archive, "--examples", source, *options]) == 0
    assert read_segmentation(folder / "out.dcm", summary)


def test_prepare(tmp_path: Path) -> None:
    mask = np.zeros((6, 20, 20), bool)
    mask[1:5, 4:16, 4:16] = True
    write_patient(tmp_path / "scans", "jane", mask * 100.0, {"block": mask})
    archive = shutil.make_archive(str(tmp_path / "scans"), "zip", tmp_path, "scans")
    assert main(["prepare", archive, "--output", str(tmp_path / "registry")]) == 0
    assert {stack.data_set for stack in read_registry(tmp_path / "registry").stacks} == {"scans"}


def test_evaluate(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    np.savez(
        tmp_path / "pictures" / "set.npz",
        images=random.integers(0, 255, (3, 16, 16), np.uint8),
        labels=random.integers(0, 2, (3, 16, 16), np.uint8),
    )
    archive = shutil.make_archive(str(tmp_path / "pictures"), "zip", tmp_path, "pictures")
    options = ["--support", "1", "--device", "cpu"]
    assert main(["evaluate", "pairs", archive, *options]) == 0


def test_a_damaged_archive_is_refused_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scan.zip").write_bytes(b"PK\x03\x04 and no more")
    assert main(["info", str(tmp_path / "scan.zip")]) == 2
    assert capsys.readouterr().err.startswith("The archive scan.zip is damaged")
