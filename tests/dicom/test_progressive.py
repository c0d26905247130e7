import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.dicom import reading
from core.dicom.errors import DicomError
from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series, read_series, read_slices
from tests.support.synthetic_series import PLACEMENTS, write_enhanced, write_series

SOURCES = ("dicom/totalseg_example_ct", "dicom/nd320_study1_t1post", "dicom/odd/emri_small.dcm")


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Let decoding go on slice by slice, each time the semaphore is released."""
    allowed = threading.Semaphore(0)
    decode = reading.read_slices

    def wait_for_permission(*arguments: Any) -> Iterator[Any]:
        for item in decode(*arguments):
            allowed.acquire()
            yield item

    monkeypatch.setattr(reading, "read_slices", wait_for_permission)
    return allowed


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_read_in_the_background_equals_what_is_read_at_once(
    shared_data: Path, source: Any
) -> None:
    (summary,) = find_series(shared_data / source)
    progressive, whole = SeriesReading(summary).result(), read_series(summary)
    assert progressive.volume.dtype == whole.volume.dtype
    assert np.array_equal(progressive.volume, whole.volume)
    assert progressive.windows == whole.windows


def test_slices_come_before_the_last_is_read(
    tmp_path: Path, held_back: threading.Semaphore
) -> None:
    written = write_series(tmp_path, PLACEMENTS[0])
    series_reading = SeriesReading(find_series(tmp_path)[0])
    held_back.release(2)
    assert not series_reading.is_finished
    for index in (0, 4, 8):
        assert np.array_equal(series_reading.slice(index), written.volume[index])
    assert not series_reading.wait(0) and series_reading.done <= 2
    held_back.release(9)
    assert np.array_equal(series_reading.result().volume, written.volume)
    assert series_reading.done == 9


def test_reading_goes_outwards_from_the_slice_that_is_wanted_first(tmp_path: Path) -> None:
    write_series(tmp_path, PLACEMENTS[0])
    (summary,) = find_series(tmp_path)
    assert [index for index, _ in read_slices(summary, 4)] == [4, 3, 5, 2, 6, 1, 7, 0, 8]
    assert [index for index, _ in read_slices(summary)] == list(range(9))


def test_frames_of_one_file_are_read_together(tmp_path: Path) -> None:
    values = write_enhanced(tmp_path / "enhanced", PLACEMENTS[0])
    (summary,) = find_series(tmp_path)
    found = dict(read_slices(summary, 3))
    assert next(iter(found)) == 3
    assert all(np.array_equal(found[index], values[0, index]) for index in range(6))


def test_values_that_need_floating_point_late_do_not_spoil_the_slices_before(
    tmp_path: Path,
) -> None:
    one = write_series(tmp_path / "a", PLACEMENTS[0])
    (summary,) = find_series(tmp_path)
    large = write_series(tmp_path / "a", PLACEMENTS[0], RescaleSlope=100, RescaleIntercept=0)
    (scaled,) = find_series(tmp_path)
    mixed = SeriesReading(scaled).result().volume
    assert summary.slices == scaled.slices and mixed.dtype == np.float32
    assert np.array_equal(mixed, large.volume * np.float32(100))
    assert np.array_equal(one.volume, large.volume)


def test_a_file_that_goes_away_meanwhile_is_told_to_who_waits(
    tmp_path: Path, held_back: threading.Semaphore
) -> None:
    write_series(tmp_path / "scan", PLACEMENTS[0])
    (summary,) = find_series(tmp_path)
    series_reading = SeriesReading(summary)
    summary.records[0].path.unlink()
    held_back.release(9)
    with pytest.raises(DicomError, match="cannot be opened"):
        series_reading.result()
    assert series_reading.is_finished


def test_a_series_with_damaged_files_is_refused_at_once_until_they_are_left_out(
    tmp_path: Path,
) -> None:
    written = write_series(tmp_path / "scan", PLACEMENTS[0])
    victim = sorted(written.folder.iterdir())[3]
    victim.write_bytes(victim.read_bytes()[:-10])
    (summary,) = find_series(tmp_path)
    with pytest.raises(DicomError, match="cut short"):
        SeriesReading(summary)
    assert SeriesReading(summary, leave_out_damaged=True).result().volume.shape[0] == 8
