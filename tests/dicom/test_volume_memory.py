"""Volumes in files without a name, which take no memory once they are let go."""

import gc
from pathlib import Path

import numpy as np
import pytest

from core.dicom import volume_memory
from core.dicom.errors import DicomError
from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series, read_series
from core.dicom.volume_memory import empty_volume
from tests.support.synthetic_series import PLACEMENTS, write_series


def mapped_below(folder: Path) -> list[str]:
    """Files below a folder that this process has mapped, deleted ones included."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if str(folder) in line]


def test_a_volume_lies_in_a_file_that_nobody_else_can_open_and_goes_with_the_array(
    tmp_path: Path,
) -> None:
    volume = empty_volume((3, 4, 5), np.float32, tmp_path)
    assert volume.shape == (3, 4, 5) and volume.dtype == np.float32 and not volume.any()
    volume[1] = 2
    assert volume.sum() == 40
    assert list(tmp_path.iterdir()) == [] and mapped_below(tmp_path)
    del volume
    gc.collect()
    assert not mapped_below(tmp_path)


@pytest.mark.parametrize("slope", [1, 100])
def test_a_series_in_a_file_is_the_same_series(tmp_path: Path, slope: int) -> None:
    write_series(tmp_path / "scan", PLACEMENTS[0], RescaleSlope=slope, RescaleIntercept=0)
    (summary,) = find_series(tmp_path / "scan")
    folder = tmp_path / "temporary"
    folder.mkdir()
    series = SeriesReading(summary, folder=folder).result()
    whole = read_series(summary)
    assert series.volume.dtype == whole.volume.dtype
    assert np.array_equal(series.volume, whole.volume)
    assert mapped_below(folder)


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_memory, "_FREE_BYTES_KEPT", 2**62)
    write_series(tmp_path / "scan", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "scan")
    with pytest.raises(DicomError, match="no space on the server's disk"):
        SeriesReading(summary, folder=tmp_path).result()


def test_a_series_that_is_closed_is_read_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_series(tmp_path / "scan", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "scan")
    reading = SeriesReading(summary)
    reading.close()
    assert reading.wait(60)


def test_a_series_that_is_closed_lets_go_of_its_file_whoever_still_holds_it(tmp_path: Path) -> None:
    write_series(tmp_path / "scan", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "scan")
    folder = tmp_path / "temporary"
    folder.mkdir()
    reading = SeriesReading(summary, folder=folder)
    reading.result()
    assert mapped_below(folder) and not reading.is_closed
    reading.close()
    assert not mapped_below(folder)
    assert reading.is_closed and reading.is_finished
    with pytest.raises(DicomError, match="open it again"):
        reading.result()
    assert reading.slice(3).shape == (summary.rows, summary.columns)
