import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.commands.choice import choose_series
from tests.support.synthetic_series import SAGITTAL, Placement, write_images, write_series

ROOT = Path(__file__).resolve().parents[2]


def test_lists_what_a_folder_holds(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(shared_data / "dicom" / "totalseg_example_ct")]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["modality"] == "CT"
    assert lines["slices"] == "20 of 512 × 512 pixels"
    assert lines["spacing"].startswith("2 mm between slices")


@pytest.mark.parametrize(
    ("thickness", "said"), [(2.5, "2.5 mm thick, "), (None, "unknown thickness, ")]
)
def test_a_single_slice_has_no_distance_to_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], thickness: float | None, said: str
) -> None:
    write_series(tmp_path, Placement("one"), slices=1, SliceThickness=thickness)
    assert main(["info", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert f"spacing      {said}" in out
    assert ("so no volume is measured" in out) is (thickness is None)


def test_tells_series_apart(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = ("totalseg_example_ct", "dcmqi_ct3slice", "nd320_study1_t1post")
    for folder in folders:
        assert main(["info", str(shared_data / "dicom" / folder)]) == 0
    uids = [
        line.split()[1]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("series ")
    ]
    assert len(uids) == len(set(uids)) == len(folders)


def test_names_no_patient(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from core.dicom.reading import find_series

    folder = shared_data / "dicom" / "dcmqi_ct3slice"
    summary = find_series(folder)[0]
    main(["info", str(folder)])
    out = capsys.readouterr().out
    for secret in (summary.patient_name, summary.patient_id):
        assert not secret or secret not in out


def test_explains_a_missing_folder_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", str(tmp_path / "nowhere")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "nowhere" in captured.err


def test_runs_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core", "info", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def listed(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """Identifier and number of slices of every stack that has been printed."""
    lines = capsys.readouterr().out.splitlines()
    uids = [line.split()[1] for line in lines if line.startswith("series ")]
    sizes = [line.split()[1] for line in lines if line.startswith("slices ")]
    return list(zip(uids, sizes, strict=True))


def test_every_identifier_it_prints_chooses_its_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_series(tmp_path / "axial", Placement("axial"), seed=3)
    write_series(tmp_path / "scout", Placement("scout", orientation=SAGITTAL), slices=2, seed=3)
    write_series(tmp_path / "other", Placement("other"), slices=4, seed=4)
    main(["info", str(tmp_path)])
    stacks = listed(capsys)
    assert sorted(size for _, size in stacks) == ["2", "4", "9"]
    for uid, size in stacks:
        chosen = choose_series(tmp_path, uid)
        assert (chosen.uid, str(chosen.slices)) == (uid, size)


def test_prints_no_distance_that_no_file_states(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unplaced = {"ImagePositionPatient": None}
    write_images(tmp_path / "no positions", [unplaced] * 2)
    write_images(tmp_path / "no sizes", [unplaced | {"PixelSpacing": None}] * 2)
    main(["info", str(tmp_path / "no positions")])
    assert "unknown between slices, 0.75 × 0.75 mm per pixel" in capsys.readouterr().out
    main(["info", str(tmp_path / "no sizes")])
    assert "unknown between slices, unknown size of a pixel" in capsys.readouterr().out
