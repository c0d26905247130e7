import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from core.__main__ import main
from core.formats.segmentation_reading import read_segmentation
from tests.commands.conftest import DrawnCase, write_examples


def test_another_series_teaches_this_one(drawn_case: DrawnCase, tmp_path: Path) -> None:
    """The series itself, twice, as its own next patient: a wiring test, and easy to pass."""
    aorta = drawn_case.truth["aorta"]
    examples = write_examples(
        drawn_case.series, {"aorta": dict(enumerate(aorta))}, tmp_path / "teacher.dcm"
    )
    output, report = tmp_path / "out.dcm", tmp_path / "report.json"
    arguments = ["propose", str(drawn_case.folder), "--output", str(output)]
    arguments += 2 * ["--teacher", str(drawn_case.folder), str(examples)]
    arguments += ["--report", str(report)]
    assert main(arguments) == 0
    (masks,) = read_segmentation(output, drawn_case.series)
    assert masks.segment.label == "aorta" and masks.algorithm == "AUTOMATIC"
    written = dcmread(output).SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0]
    uid = drawn_case.series.summary.uid
    assert written.AlgorithmParameters == f"teachers={uid} {uid}"
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
