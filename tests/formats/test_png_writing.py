import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.pixels import apply_color_lut
from pydicom.uid import ImplicitVRLittleEndian

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from core.dicom.series import Series
from core.display.grey import to_grey
from core.formats.png_writing import write_pictures
from tests.support.mask_round_trips import make_segments
from tests.support.synthetic_series import PLACEMENTS, write_series


@pytest.fixture
def series(tmp_path: Path) -> Series:
    write_series(tmp_path / "series", PLACEMENTS[0], WindowCenter=200, WindowWidth=900)
    return read_series(find_series(tmp_path / "series")[0])


def pictures(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        return {
            name: np.asarray(Image.open(io.BytesIO(archive.read(name))))
            for name in archive.namelist()
            if name.endswith(".png")
        }


def test_every_slice_has_a_picture_and_a_mask_of_each_segment(
    series: Series, tmp_path: Path
) -> None:
    segments = make_segments(series.summary, overlap=True)
    write_pictures(series, segments, tmp_path / "out.zip")
    found = pictures(tmp_path / "out.zip")
    assert len(found) == 3 * 9
    for index in range(9):
        grey = to_grey(series.volume[index], series.windows[0])
        assert np.array_equal(found[f"images/{index + 1:04d}.png"], grey)
        for one in segments:
            expected = one.masks.get(index, np.zeros(grey.shape, bool)) * 255
            name = f"segment-{one.segment.number}/{index + 1:04d}.png"
            assert np.array_equal(found[name], expected)


def test_the_table_names_the_segments_and_file_names_tell_nothing(
    series: Series, tmp_path: Path
) -> None:
    write_pictures(series, make_segments(series.summary), tmp_path / "out.zip", with_images=False)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read("segments.csv").decode())))
    assert not any("iver" in name or name.startswith("images") for name in names)
    assert [(row["folder"], row["label"], row["code"]) for row in rows] == [
        ("segment-1", "Liver", "10200004"),
        ("segment-2", "Spleen Größe", "78961009"),
    ]


def test_no_cell_of_the_table_is_a_formula(series: Series, tmp_path: Path) -> None:
    one = make_segments(series.summary)[0]
    code = replace(one.segment.type, meaning="+1")
    formula = replace(one, segment=replace(one.segment, label="=1+1", type=code))
    write_pictures(series, [formula], tmp_path / "out.zip", with_images=False)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        (row,) = csv.DictReader(io.StringIO(archive.read("segments.csv").decode()))
    assert (row["label"], row["meaning"]) == ("'=1+1", "'+1")


def test_ultrasound_and_photographs_can_be_written(shared_data: Path, tmp_path: Path) -> None:
    for name in ("US1_UNCR.dcm", "SC_rgb_16bit_2frame.dcm"):
        summary = find_series(shared_data / "dicom" / "odd" / name)[0]
        segments = make_segments(summary)
        write_pictures(read_series(summary), segments, tmp_path / "out.zip")
        found = pictures(tmp_path / "out.zip")
        assert np.ptp(found["images/0001.png"]) > 100
        assert np.array_equal(found["segment-1/0001.png"] > 0, segments[0].masks[0])


COLOURS = {
    "SC_rgb.dcm": 0,
    "SC_rgb_16bit_2frame.dcm": 8,
    "SC_rgb_32bit.dcm": 24,
    "OT-PAL-8-face.dcm": 8,
}


@pytest.mark.parametrize(("name", "shift"), COLOURS.items())
def test_colours_are_those_that_pydicom_decodes(
    shared_data: Path, tmp_path: Path, name: str, shift: Any
) -> None:
    path = shared_data / "dicom" / "odd" / name
    summary = find_series(path)[0]
    segments = make_segments(summary)
    write_pictures(read_series(summary), segments, tmp_path / "out.zip")
    dataset = pydicom.dcmread(path, force=True)
    # A file without meta information is in the default transfer syntax.
    dataset.file_meta.setdefault("TransferSyntaxUID", ImplicitVRLittleEndian)
    expected = dataset.pixel_array
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        expected = apply_color_lut(expected, dataset)
    expected = (expected >> shift).reshape(-1, summary.rows, summary.columns, 3)
    found = pictures(tmp_path / "out.zip")
    for index, picture in enumerate(expected[: summary.slices]):
        assert np.array_equal(found[f"images/{index + 1:04d}.png"], picture)


def test_nothing_is_refused(series: Series, tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="no segment to export"):
        write_pictures(series, [], tmp_path / "out.zip")
