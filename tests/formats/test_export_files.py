"""Names and instance numbers of exported files."""

import io
import zipfile
from pathlib import Path

import pytest
from pydicom import dcmread

from core.annotation.contributors import Contributors
from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.formats.export_files import (
    ReadingToWrite,
    export_masks,
    export_name,
    export_readings,
    next_instance_number,
)
from core.formats.segmentation_writing import write_segmentation
from core.formats.structure_set_writing import write_structure_set
from core.formats.writing import WritingOptions
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import make_segments
from tests.support.mounted_disk import mounted_disk
from tests.support.synthetic_series import PLACEMENTS, write_series


def test_a_name_tells_the_key_and_the_time() -> None:
    name = export_name("0123456789abcdef01234567", ".dcm")
    assert name.startswith("slicewise-01234567-2")
    assert name.endswith(".dcm")


def test_files_of_the_same_second_have_names_of_their_own() -> None:
    names = [export_name("0123456789abcdef01234567", ".dcm") for _ in range(50)]
    assert len(set(names)) == len(names)


def test_each_kind_of_object_is_numbered_by_itself(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    exports = tmp_path / "exports"
    exports.mkdir()
    assert next_instance_number(exports, "SEG") == 1
    segments = make_segments(summary)
    write_segmentation(summary, segments, exports / "first.dcm", instance_number=4)
    write_structure_set(summary, segments, exports / "contours.dcm", instance_number=2)
    (exports / "notes.dcm").write_text("not DICOM")
    assert next_instance_number(exports, "SEG") == 5
    assert next_instance_number(exports, "RTSTRUCT") == 3


def readings(segments: list[SegmentMasks]) -> list[ReadingToWrite]:
    """Two readings of a series, by different people."""
    return [
        ReadingToWrite(segments, WritingOptions(people=Contributors((person,)), reading=name))
        for person, name in (("anna", "reading 1"), ("ben", "adjudicated"))
    ]


def test_several_readings_are_written_into_one_zip_a_file_each(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    exports = tmp_path / "exports"
    exports.mkdir()
    path = export_readings("seg", summary, readings(make_segments(summary)), exports, "0" * 24)
    assert path.name.endswith("-readings.dcm.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["reading-1.dcm", "adjudicated.dcm"]
        written = [dcmread(io.BytesIO(archive.read(name))) for name in archive.namelist()]
    assert [str(one.ContentCreatorName) for one in written] == ["anna^", "ben^"]
    assert [one.InstanceNumber for one in written] == [1, 2]
    assert next_instance_number(exports, "SEG") == 3
    assert [one.name for one in exports.iterdir()] == [path.name]


def test_overlapping_segments_of_readings_are_told_apart_in_nifti(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    overlapping = readings(make_segments(summary, overlap=True))
    path = export_readings("nifti", summary, overlapping, tmp_path, "0" * 24)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names)) == 4
    assert all(name.startswith(("reading-1", "adjudicated")) for name in names)


def test_masks_whose_zip_does_not_fit_leave_nothing_behind(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    segments = make_segments(summary, overlap=True)
    with mounted_disk("8k") as disk:
        with pytest.raises(DicomError, match="No space left on device"):
            export_masks("nifti", summary, segments, disk, "0123456789", WritingOptions())
        assert list(disk.iterdir()) == []


def test_the_file_of_one_reading_among_several_tells_which(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    (one, _) = readings(make_segments(summary))
    path = export_masks("seg", summary, one.segments, tmp_path, "0" * 24, one.options)
    assert path.name.endswith("-reading-1.dcm")
