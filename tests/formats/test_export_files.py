"""Names and instance numbers of exported files."""

from core.dicom.reading import find_series
from core.formats.export_files import export_name, next_instance_number
from core.formats.segmentation_writing import write_segmentation
from core.formats.structure_set_writing import write_structure_set
from tests.support.mask_round_trips import make_segments
from tests.support.synthetic_series import PLACEMENTS, write_series


def test_a_name_tells_the_key_and_the_time() -> None:
    name = export_name("0123456789abcdef01234567", ".dcm")
    assert name.startswith("slicewise-01234567-2")
    assert name.endswith(".dcm")


def test_files_of_the_same_second_have_names_of_their_own() -> None:
    names = [export_name("0123456789abcdef01234567", ".dcm") for _ in range(50)]
    assert len(set(names)) == len(names)


def test_each_kind_of_object_is_numbered_by_itself(tmp_path):
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
