import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from core.__main__ import main
from core.dicom.reading import find_series, read_series
from core.formats.segmentation_reading import read_segmentation
from tests.commands.conftest import STRUCTURES, DrawnCase, example_slices, write_examples
from tests.support.synthetic_series import PLACEMENTS, write_series


def propose(case: DrawnCase, output: Path, *options: str) -> int:
    return main(
        [
            "propose",
            str(case.folder),
            "--examples",
            str(case.examples),
            "--output",
            str(output),
            *options,
        ]
    )


def dice_by_label(case: DrawnCase, output: Path) -> dict[str, float]:
    """Dice over the slices that were not drawn, pooled, for every structure."""
    result = {}
    for masks in read_segmentation(output, case.series):
        truth = case.truth[masks.segment.label]
        found = np.zeros_like(truth)
        for index, mask in masks.masks.items():
            found[index] = mask
        undrawn = [index for index in range(len(truth)) if index not in case.drawn]
        found, truth = found[undrawn], truth[undrawn]
        result[masks.segment.label] = float(2 * (found & truth).sum() / (found.sum() + truth.sum()))
    return result


@pytest.fixture(scope="module")
def results(
    drawn_case: DrawnCase, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, float]]:
    """Dice by method and structure."""
    folder = tmp_path_factory.mktemp("proposed")
    dice = {}
    for method in ("interpolation", "auto"):
        output = folder / f"{method}.dcm"
        assert propose(drawn_case, output, "--method", method) == 0
        dice[method] = dice_by_label(drawn_case, output)
    return dice


def test_the_network_is_good_and_never_much_worse_than_interpolation(
    results: dict[str, dict[str, float]],
) -> None:
    assert set(results["auto"]) == set(STRUCTURES)
    assert np.mean(list(results["auto"].values())) >= 0.94
    for label, interpolated in results["interpolation"].items():
        assert results["auto"][label] >= interpolated - 0.01, label


def test_examples_stay_bit_for_bit(drawn_case: DrawnCase, tmp_path: Path) -> None:
    output = tmp_path / "out.dcm"
    assert propose(drawn_case, output, "--method", "interpolation") == 0
    for masks in read_segmentation(output, drawn_case.series):
        for index in drawn_case.drawn:
            truth = drawn_case.truth[masks.segment.label][index]
            assert np.array_equal(masks.masks[index], truth)
        assert set(masks.masks) == set(range(20))
        assert masks.algorithm == "SEMIAUTOMATIC"


def test_segments_keep_their_names_codes_and_colours(drawn_case: DrawnCase, tmp_path: Path) -> None:
    output = tmp_path / "out.dcm"
    propose(drawn_case, output, "--method", "interpolation")
    before = read_segmentation(drawn_case.examples, drawn_case.series)
    after = read_segmentation(output, drawn_case.series)
    assert [masks.segment for masks in after] == [masks.segment for masks in before]


def test_report_tells_of_every_slice(drawn_case: DrawnCase, tmp_path: Path) -> None:
    output, path = tmp_path / "out.dcm", tmp_path / "report.json"
    options = ("--report", str(path), "--method", "interpolation")
    assert propose(drawn_case, output, *options) == 0
    report = json.loads(path.read_text())
    assert set(report) == {"series", "weights", "device", "seconds", "segments"}
    assert report["series"] == drawn_case.series.summary.uid
    assert set(report["seconds"]) == {"load", "propose", "write"}
    assert [segment["label"] for segment in report["segments"]] == list(STRUCTURES)
    for segment in report["segments"]:
        assert segment["method"] == "interpolation"
        assert 0 < segment["expected_dice"] <= 1
        assert [entry["slice"] for entry in segment["slices"]] == list(range(20))
        for entry, record in zip(segment["slices"], drawn_case.series.slices, strict=True):
            example = entry["slice"] in drawn_case.drawn
            assert entry["sop_uid"] == record.sop_instance_uid
            assert entry["state"] == ("example" if example else "proposed")
            assert (entry["expected_dice"] is None) == example


def test_a_dice_is_expected_with_two_examples_too(drawn_case: DrawnCase, tmp_path: Path) -> None:
    first, last = drawn_case.drawn[0], drawn_case.drawn[-1]
    liver = drawn_case.truth["liver"]
    examples = write_examples(
        drawn_case.series, {"liver": {i: liver[i] for i in (first, last)}}, tmp_path / "two.dcm"
    )
    report = tmp_path / "report.json"
    arguments = ["propose", str(drawn_case.folder), "--examples", str(examples)]
    arguments += ["--output", str(tmp_path / "out.dcm"), "--report", str(report)]
    assert main([*arguments, "--method", "interpolation"]) == 0
    segment = json.loads(report.read_text())["segments"][0]
    assert 0 < segment["expected_dice"] <= 1
    expected = [one["expected_dice"] for one in segment["slices"] if one["state"] == "proposed"]
    assert expected and all(0 < dice <= 1 for dice in expected)


def test_absent_slices_stay_empty(drawn_case: DrawnCase, tmp_path: Path) -> None:
    liver = drawn_case.truth["liver"]
    drawn = example_slices(liver[4:13], 3)
    examples = write_examples(
        drawn_case.series, {"liver": {4 + i: liver[4 + i] for i in drawn}}, tmp_path / "some.dcm"
    )
    output, report = tmp_path / "out.dcm", tmp_path / "report.json"
    arguments = ["propose", str(drawn_case.folder), "--examples", str(examples)]
    arguments += ["--output", str(output), "--report", str(report)]
    arguments += ["--absent", "liver:0-2,14", "--method", "interpolation"]
    assert main(arguments) == 0
    masks = read_segmentation(output, drawn_case.series)[0].masks
    assert not set(masks) & {0, 1, 2, 14, 15, 16, 17, 18, 19}
    states = [e["state"] for e in json.loads(report.read_text())["segments"][0]["slices"]]
    assert states[:3] == ["example"] * 3 and states[14] == "example"
    assert states[15:] == ["empty"] * 5


@pytest.mark.parametrize(
    ("absent", "said"),
    [
        ("heart:0-3", "heart"),
        ("liver", "LABEL:SLICES"),
        ("liver:3-x", "0-3,41"),
        ("liver:18-25", "0 to 19"),
        ("liver:5-3", "upwards"),
        ("liver:0", "drawn on slice 0"),
    ],
)
def test_wrong_absent_slices_are_explained(
    drawn_case: DrawnCase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    absent: str,
    said: str,
) -> None:
    options = ("--method", "interpolation", "--absent", absent)
    assert_refused(lambda output: propose(drawn_case, output, *options), tmp_path, capsys, said)


def test_a_structure_is_filled_up_to_its_stated_ends(drawn_case: DrawnCase, tmp_path: Path) -> None:
    liver = drawn_case.truth["liver"]
    examples = write_examples(
        drawn_case.series, {"liver": {i: liver[i] for i in (6, 10)}}, tmp_path / "some.dcm"
    )
    output = tmp_path / "out.dcm"
    arguments = ["propose", str(drawn_case.folder), "--examples", str(examples)]
    arguments += ["--output", str(output), "--ends", "liver:3-14", "--method", "interpolation"]
    assert main(arguments) == 0
    masks = read_segmentation(output, drawn_case.series)[0].masks
    assert sorted(masks) == list(range(3, 15))


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ("heart:0-3", "heart"),
        ("liver", "LABEL:SLICES"),
        ("liver:7", "12-40"),
        ("liver:-", "12-40"),
        ("liver:x-7", "12-40"),
        ("liver:0-20", "0 to 19"),
        ("liver:15-3", "comes first"),
        ("liver:15-", "drawn on slice"),
    ],
)
def test_wrong_ends_are_explained(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str], ends: str, said: str
) -> None:
    options = ("--method", "interpolation", "--ends", ends)
    assert_refused(lambda output: propose(drawn_case, output, *options), tmp_path, capsys, said)


def assert_refused(
    command: Callable[..., Any], folder: Path, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    """One line on stderr that says what is wrong, exit code 2 and no file."""
    before = sorted(folder.iterdir())
    try:
        code = command(folder / "out.dcm")
    except SystemExit as end:
        code = end.code
    captured = capsys.readouterr()
    assert code == 2
    assert said in captured.err
    assert captured.err.count("\n") == 1 and captured.err.endswith("\n")
    assert "Traceback" not in captured.err
    assert sorted(folder.iterdir()) == before


def run(path: Path, examples: Path, *options: str) -> Callable[..., Any]:
    def command(output: Path) -> int:
        arguments = ["propose", str(path), "--examples", str(examples), "--output", str(output)]
        return main([*arguments, "--method", "interpolation", *options])

    return command


def test_a_missing_folder_is_explained(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run(tmp_path / "nowhere", drawn_case.examples)
    assert_refused(command, tmp_path, capsys, "nowhere")


def test_a_folder_without_dicom_is_explained(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("nothing to see")
    command = run(tmp_path / "notes", drawn_case.examples)
    assert_refused(command, tmp_path, capsys, "DICOM")


def test_several_series_need_a_choice(
    drawn_case: DrawnCase, shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = tmp_path / "both"
    for name in ("dcmqi_ct3slice", "nd320_study1_t1post"):
        shutil.copytree(shared_data / "dicom" / name, both / name)
    assert_refused(run(both, drawn_case.examples), tmp_path, capsys, "--series")
    command = run(both, drawn_case.examples, "--series", "1.2.3")
    assert_refused(command, tmp_path, capsys, "1.2.3")


def test_the_chosen_series_is_used(
    drawn_case: DrawnCase, shared_data: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both"
    for name in ("dcmqi_ct3slice", "nd320_study1_t1post"):
        shutil.copytree(shared_data / "dicom" / name, both / name)
    series = read_series(find_series(both / "nd320_study1_t1post")[0])
    masks = np.zeros(series.volume.shape, bool)
    masks[:, 100:140, 90:130] = True
    examples = write_examples(
        series, {"liver": {index: masks[index] for index in (2, 8)}}, tmp_path / "seg.dcm"
    )
    output = tmp_path / "out.dcm"
    assert run(both, examples, "--series", series.summary.uid)(output) == 0
    found = read_segmentation(output, series)[0].masks
    assert sorted(found) == list(range(2, 9))
    assert np.array_equal(found[5], masks[5])


def test_a_segmentation_of_another_series_is_refused(
    drawn_case: DrawnCase, shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run(shared_data / "dicom" / "dcmqi_ct3slice", drawn_case.examples)
    assert_refused(command, tmp_path, capsys, "another series")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
def test_a_truncated_segmentation_is_refused(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str], share: float
) -> None:
    whole = drawn_case.examples.read_bytes()
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(whole[: int(len(whole) * share)])
    assert_refused(run(drawn_case.folder, cut), tmp_path, capsys, "cut.dcm")


def test_a_truncated_image_is_refused(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "series"
    shutil.copytree(drawn_case.folder, folder)
    victim = sorted(folder.iterdir())[7]
    victim.write_bytes(victim.read_bytes()[:20_000])
    assert_refused(run(folder, drawn_case.examples), tmp_path, capsys, "")


def test_an_image_is_no_segmentation(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = sorted(drawn_case.folder.iterdir())[0]
    assert_refused(run(drawn_case.folder, image), tmp_path, capsys, "not a segmentation")


def test_missing_weights_are_explained(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run(
        drawn_case.folder, drawn_case.examples, "--method", "auto", "--weights", "nowhere.pt"
    )
    assert_refused(command, tmp_path, capsys, "nowhere.pt")


def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(output: Path) -> int:
        return propose(drawn_case, tmp_path / "missing" / "out.dcm")

    assert_refused(command, tmp_path, capsys, "missing")


def test_the_examples_are_never_overwritten(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = tmp_path / "seg.dcm"
    shutil.copy(drawn_case.examples, examples)
    before = examples.read_bytes()
    assert_refused(
        lambda output: run(drawn_case.folder, examples)(examples), tmp_path, capsys, "another name"
    )
    assert examples.read_bytes() == before


def test_an_earlier_output_survives_a_failure(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.dcm"
    output.write_bytes(b"earlier work")
    assert run(tmp_path / "nowhere", drawn_case.examples)(output) == 2
    assert output.read_bytes() == b"earlier work"
    assert list(tmp_path.iterdir()) == [output]


def test_an_unknown_method_is_explained_in_one_line(
    drawn_case: DrawnCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run(drawn_case.folder, drawn_case.examples, "--method", "magic")
    assert_refused(command, tmp_path, capsys, "magic")


def test_output_satisfies_the_validator(
    drawn_case: DrawnCase, tmp_path: Path, dciodvfy: str
) -> None:
    import subprocess

    output = tmp_path / "out.dcm"
    assert propose(drawn_case, output, "--method", "interpolation") == 0
    done = subprocess.run([dciodvfy, str(output)], capture_output=True, text=True, check=False)
    assert "Error" not in done.stdout + done.stderr


def test_examples_of_another_series_in_the_same_frame_of_reference_need_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_series(tmp_path / "drawn", PLACEMENTS[0], rows=40, columns=40)
    series = read_series(find_series(tmp_path / "drawn")[0])
    disks = {index: np.hypot(*np.ogrid[-20:20, -20:20]) < 6 + index for index in (1, 7)}
    examples = write_examples(series, {"liver": disks}, tmp_path / "examples.dcm")
    write_series(
        tmp_path / "later",
        PLACEMENTS[0],
        rows=40,
        columns=40,
        seed=1,
        FrameOfReferenceUID=series.summary.frame_of_reference_uid,
    )
    output = tmp_path / "out.dcm"
    command = ["propose", str(tmp_path / "later"), "--examples", str(examples)]
    command += ["--output", str(output), "--method", "interpolation"]
    assert main(command) == 2
    assert "--allow-same-frame" in capsys.readouterr().err and not output.exists()
    assert main([*command, "--allow-same-frame"]) == 0
    (masks,) = read_segmentation(output, find_series(tmp_path / "later")[0])
    assert set(masks.masks) == set(range(1, 8))
    assert all(np.array_equal(masks.masks[index], disk) for index, disk in disks.items())


def test_a_ct_of_another_unit_is_proposed_as_well_as_one_in_hounsfield_units(
    drawn_case: DrawnCase, results: dict[str, dict[str, float]], tmp_path: Path
) -> None:
    for path in drawn_case.series.summary.files:
        dataset = pydicom.dcmread(path)
        dataset.RescaleIntercept = float(dataset.RescaleIntercept) + 1024
        dataset.RescaleType = "US"
        dataset.save_as(tmp_path / path.name)
    output = tmp_path / "out.seg"
    assert propose(replace(drawn_case, folder=tmp_path), output) == 0
    dice = dice_by_label(drawn_case, output)
    assert all(dice[label] >= expected - 0.001 for label, expected in results["auto"].items())
