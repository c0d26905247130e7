"""Finding series in files and folders, and reading them whole."""

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, look_through, read_series
from tests.support.synthetic_series import PLACEMENTS, by_position, write_series

REAL_SERIES = ("totalseg_example_ct", "dcmqi_ct3slice", "nd320_study1_t1post")


@pytest.mark.parametrize("name", REAL_SERIES)
def test_real_series_come_in_position_order_with_pydicoms_values(
    shared_data: Path, name: str
) -> None:
    images = by_position(shared_data / "dicom" / name)
    (summary,) = find_series(shared_data / "dicom" / name)
    series = read_series(summary)
    assert series.volume.dtype == np.int16
    expected = np.stack([apply_modality_lut(image.pixel_array, image) for image in images])
    assert np.array_equal(series.volume, expected)
    positions = [[float(value) for value in image.ImagePositionPatient] for image in images]
    assert np.array_equal(series.geometry.positions, positions)


def test_example_ct_lines_up_with_its_volume(shared_data: Path) -> None:
    aligned = np.load(shared_data / "volumes" / "totalseg_ct_dicom.npz")
    series = read_series(find_series(shared_data / "dicom" / "totalseg_example_ct")[0])
    difference = [
        np.abs(series.volume - order.astype(np.int32)).mean()
        for order in (aligned["image"], aligned["image"][::-1])
    ]
    assert min(difference) == 0
    assert np.allclose(series.geometry.spacing, aligned["spacing"], atol=1e-3)


def test_names_of_files_and_depth_of_folders_do_not_matter(tmp_path: Path) -> None:
    written = write_series(tmp_path / "a" / "b ü" / "c", PLACEMENTS[0])
    for path in list(written.folder.iterdir())[:3]:
        path.rename(tmp_path / "a" / f"{path.name}.weird.ext")
    assert np.array_equal(read_series(find_series(tmp_path)[0]).volume, written.volume)


def test_files_without_preamble_are_read(tmp_path: Path) -> None:
    written = write_series(tmp_path, PLACEMENTS[0])
    for path in tmp_path.iterdir():
        image = pydicom.dcmread(path)
        bare = pydicom.Dataset(image)
        bare.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
        assert path.read_bytes()[128:132] != b"DICM"
    assert np.array_equal(read_series(find_series(tmp_path)[0]).volume, written.volume)


def test_objects_without_an_image_are_passed_over_with_a_reason(
    tmp_path: Path, shared_data: Path
) -> None:
    write_series(tmp_path, PLACEMENTS[0])
    shutil.copy(shared_data / "dicom" / "dcmqi_seg" / "liver.dcm", tmp_path / "seg")
    report = pydicom.dcmread(tmp_path / "seg", stop_before_pixels=True)
    for keyword in ("Rows", "Columns", "NumberOfFrames"):
        delattr(report, keyword)
    report.SOPClassUID = pydicom.uid.BasicTextSRStorage
    report.save_as(tmp_path / "report", enforce_file_format=True)
    (tmp_path / "notes.txt").write_text("not an image")
    findings = look_through(tmp_path)
    assert len(findings.series) == 1 and not findings.series[0].damaged
    reasons = {skipped.path.name: skipped for skipped in findings.skipped}
    assert "is a segmentation" in reasons["seg"].reason
    assert "Basic Text SR" in reasons["report"].reason
    assert not reasons["notes.txt"].is_dicom


def test_progress_counts_files_and_slices(tmp_path: Path) -> None:
    write_series(tmp_path, PLACEMENTS[0])
    found, read = [], []
    (summary,) = find_series(tmp_path, lambda done, total: found.append((done, total)))
    read_series(summary, lambda done, total: read.append((done, total)))
    assert found == read == [(number, 9) for number in range(1, 10)]


def test_missing_folders_and_folders_without_images_are_told(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="There is no file or folder"):
        find_series(tmp_path / "nowhere")
    with pytest.raises(DicomError, match="No DICOM images among 0 files"):
        find_series(tmp_path)
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "b.png").write_bytes(b"\x89PNG")
    with pytest.raises(DicomError, match="No DICOM images among 2 files"):
        find_series(tmp_path)
    with pytest.raises(DicomError, match=r"a\.txt is not a DICOM file"):
        find_series(tmp_path / "a.txt")
