import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid

from core.__main__ import main
from core.dicom.reading import find_series, read_series
from core.dicom.series import Series
from core.formats.segmentation_reading import read_segmentation
from tests.commands.conftest import DrawnCase, write_examples


def copied(source: Path, folder: Path) -> Series:
    """Copy a series as one of its own, with other values of its identifiers."""
    folder.mkdir()
    uid = generate_uid()
    for number, path in enumerate(sorted(one for one in source.rglob("*") if one.is_file())):
        image = dcmread(path)
        image.SeriesInstanceUID = uid
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        image.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    return read_series(find_series(folder)[0])


def teach(case: DrawnCase, folder: Path, label: str = "aorta") -> list[str]:
    """Give a copy of the series with one structure drawn on every slice as a teacher."""
    series = copied(case.folder, folder)
    masks = dict(enumerate(case.truth[label]))
    examples = write_examples(series, {label: masks}, folder.with_suffix(".dcm"))
    return ["--teacher", str(folder), str(examples)]


def test_other_series_teach_this_one(drawn_case: DrawnCase, tmp_path: Path) -> None:
    """The series itself, twice, as its own next patient: a wiring test, and easy to pass."""
    aorta = drawn_case.truth["aorta"]
    output, report = tmp_path / "out.dcm", tmp_path / "report.json"
    arguments = ["propose", str(drawn_case.folder), "--output", str(output)]
    arguments += [*teach(drawn_case, tmp_path / "first"), *teach(drawn_case, tmp_path / "second")]
    arguments += ["--report", str(report)]
    assert main(arguments) == 0
    (masks,) = read_segmentation(output, drawn_case.series)
    assert masks.segment.label == "aorta" and masks.algorithm == "AUTOMATIC"
    written = dcmread(output).SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0]
    first, second = (find_series(tmp_path / name)[0].uid for name in ("first", "second"))
    assert written.AlgorithmParameters == f"teachers={first} {second}"
    found = np.stack([masks.masks.get(i, np.zeros_like(aorta[0])) for i in range(len(aorta))])
    assert 2 * (found & aorta).sum() / (found.sum() + aorta.sum()) > 0.6
    states = {entry["state"] for entry in json.loads(report.read_text())["segments"][0]["slices"]}
    assert states <= {"proposed", "empty"}


@pytest.mark.parametrize(
    "options", [["--absent", "aorta:0"], ["--ends", "aorta:0-3"], ["--method", "interpolation"]]
)
def test_what_makes_no_sense_with_a_teacher_is_refused(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    arguments = ["propose", str(drawn_case.folder), "--output", str(tmp_path / "out.dcm")]
    arguments += ["--teacher", str(drawn_case.folder), str(drawn_case.examples), *options]
    assert main(arguments) == 2
    assert options[0] in capsys.readouterr().err
    assert not (tmp_path / "out.dcm").exists()


def test_a_teacher_that_is_given_twice_is_refused(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher = teach(drawn_case, tmp_path / "first")
    arguments = ["propose", str(drawn_case.folder), "--output", str(tmp_path / "out.dcm")]
    assert main([*arguments, *teacher, *teacher]) == 2
    assert "name every teacher once" in capsys.readouterr().err
    assert not (tmp_path / "out.dcm").exists()


def test_it_is_said_which_segments_not_all_teachers_show(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teachers = teach(drawn_case, tmp_path / "first")
    teachers += teach(drawn_case, tmp_path / "second", "liver")
    output = tmp_path / "out.dcm"
    assert main(["propose", str(drawn_case.folder), "--output", str(output), *teachers]) == 0
    said = capsys.readouterr().err
    for label in ("aorta", "liver"):
        assert f'Only 1 of 2 teachers show "{label}"' in said


def test_a_series_that_teaches_itself_is_told(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["propose", str(drawn_case.folder), "--output", str(tmp_path / "out.dcm")]
    arguments += ["--teacher", str(drawn_case.folder), str(drawn_case.examples)]
    assert main(arguments) == 0
    assert "the series that is to be proposed itself" in capsys.readouterr().err
