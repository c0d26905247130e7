"""Files that are cut short, contradict themselves, or change."""

from pathlib import Path

import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, look_through, read_series
from tests.support.synthetic_series import PLACEMENTS, write_series


def cut(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])


def test_a_file_cut_in_its_pixels_is_named_and_refused_until_left_out(tmp_path: Path) -> None:
    written = write_series(tmp_path / "scan", PLACEMENTS[0])
    victim = sorted(written.folder.iterdir())[3]
    cut(victim, victim.stat().st_size - 10)
    (summary,) = find_series(tmp_path)
    assert summary.slices == 8
    with pytest.raises(DicomError, match=rf"^scan/{victim.name} is cut short: .*\.$"):
        read_series(summary)
    assert read_series(summary, leave_out_damaged=True).volume.shape[0] == 8


def test_an_empty_file_beside_the_slices_is_counted_as_one_that_may_have_been_an_image(
    tmp_path: Path,
) -> None:
    written = write_series(tmp_path / "scan", PLACEMENTS[0])
    last = sorted(written.folder.iterdir())[-1]
    cut(last, 0)
    findings = look_through(tmp_path)
    assert findings.passed_over == "1 × empty file, as after a copy that broke off"
    assert findings.series[0].slices == 8
    with pytest.raises(DicomError, match=rf"^scan/{last.name} is empty, .*; fetch it again\.$"):
        find_series(last)


@pytest.mark.parametrize("keep", [200, 700, 1000, 1300])
def test_a_file_cut_anywhere_is_told_in_one_sentence(tmp_path: Path, keep: int) -> None:
    written = write_series(tmp_path / "scan", PLACEMENTS[0], slices=1)
    (path,) = written.folder.iterdir()
    cut(path, keep)
    with pytest.raises(DicomError, match=rf"^scan/{path.name} .*\.$") as error:
        read_series(find_series(path)[0])
    assert "Synthetic" not in str(error.value).replace("scan/", "")


def test_compressed_pixels_cut_in_the_middle_are_told(shared_data: Path, tmp_path: Path) -> None:
    source = next((shared_data / "dicom" / "totalseg_example_ct").iterdir())
    path = tmp_path / "cut.dcm"
    path.write_bytes(source.read_bytes()[:60_000])
    with pytest.raises(DicomError, match=r"cut\.dcm"):
        read_series(find_series(path)[0])


def test_an_image_that_claims_to_be_huge_takes_no_memory(tmp_path: Path) -> None:
    written = write_series(tmp_path, PLACEMENTS[0], slices=1, Rows=65535, Columns=65535)
    with pytest.raises(DicomError, match="not credible"):
        find_series(next(written.folder.iterdir()))


def test_more_frames_than_pixel_data_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path, PLACEMENTS[0], slices=1, NumberOfFrames=2_000_000_000)
    with pytest.raises(DicomError, match="holds less"):
        find_series(tmp_path)


def test_a_file_that_changes_after_it_was_found_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, PLACEMENTS[0], slices=1)
    (summary,) = find_series(tmp_path)
    write_series(tmp_path, PLACEMENTS[0], slices=1, rows=12)
    with pytest.raises(DicomError, match="changed since"):
        read_series(summary)


def test_a_broken_file_of_another_series_does_not_stop_this_one(tmp_path: Path) -> None:
    write_series(tmp_path / "sound", PLACEMENTS[0], seed=1)
    write_series(tmp_path / "broken", PLACEMENTS[0], slices=1, seed=2)
    (path,) = (tmp_path / "broken").iterdir()
    cut(path, path.stat().st_size - 10)
    findings = look_through(tmp_path)
    (summary,) = findings.series
    assert read_series(summary).volume.shape[0] == 9
    assert [skipped.path for skipped in findings.skipped] == [path]


@pytest.mark.parametrize("keep", [200, 400])
def test_a_broken_file_that_names_no_series_may_belong_to_any(tmp_path: Path, keep: int) -> None:
    written = write_series(tmp_path / "scan", PLACEMENTS[0])
    cut(sorted(written.folder.iterdir())[5], keep)
    (summary,) = find_series(tmp_path)
    assert summary.slices == 8
    with pytest.raises(DicomError, match="fetch it again"):
        read_series(summary)
