"""Identifiers and text of one image file."""

from pathlib import Path

import pytest

from core.dicom.reading import find_series, read_series
from tests.support.synthetic_series import by_position, write_images


def test_instances_are_named_by_the_file_meta_where_their_own_element_is_empty(
    shared_data: Path,
) -> None:
    images = by_position(shared_data / "dicom" / "totalseg_example_ct")
    (summary,) = find_series(shared_data / "dicom" / "totalseg_example_ct")
    assert not any(image.SOPInstanceUID for image in images)
    assert [record.sop_instance_uid for record in summary.records] == [
        image.file_meta.MediaStorageSOPInstanceUID for image in images
    ]
    assert any("identifiers" in problem for problem in summary.problems)


CHARACTER_SETS = [
    ("ISO_IR 192", "Δοκιμή^Ασθενής", "Größe 肝臓"),
    ("ISO_IR 100", "Müller^Zoë", "Übersicht"),
    ("ISO_IR 101", "Wałęsa^Łukasz", "Wątroba"),
    ("ISO_IR 144", "Люкceмбypг^Иван", "Печень"),
    ("ISO_IR 126", "Διονυσιος^Πέτρος", "Ήπαρ"),
    ("ISO_IR 127", "قباني^لنزار", "كبد"),
    ("ISO_IR 138", "שרון^דבורה", "כבד"),
    ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", "ｶﾝｿﾞｳ"),
    (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎", "肝臓 CT"),
    (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동", "간"),
    ("GB18030", "Wang^XiaoDong=王^小东", "肝脏"),
    ("GBK", "Wang^XiaoDong=王^小东", "肝脏"),
]


@pytest.mark.parametrize(("encoding", "name", "description"), CHARACTER_SETS, ids=str)
def test_patient_text_of_any_character_set_is_decoded(
    tmp_path: Path, encoding: list[str] | str, name: str, description: str
) -> None:
    write_images(
        tmp_path,
        [
            {
                "SpecificCharacterSet": encoding,
                "PatientName": name,
                "SeriesDescription": description,
            }
        ],
    )
    (summary,) = find_series(tmp_path)
    assert summary.patient_name == name
    assert summary.series_description == description


def test_a_character_set_that_does_not_exist_still_lets_the_series_open(tmp_path: Path) -> None:
    write_images(tmp_path, [{"SpecificCharacterSet": "ISO_IR 192", "PatientName": "Muster^Eva"}])
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    assert b"ISO_IR 192" in content
    path.write_bytes(content.replace(b"ISO_IR 192", b"ISO_IR 999"))
    (summary,) = find_series(tmp_path)
    assert summary.patient_name == "Muster^Eva"
    assert read_series(summary).volume.shape[0] == 1
