"""`python -m core evaluate` on real pictures and volumes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main


def test_pairs_are_scored_and_reported(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "pairs.json"
    pictures = shared_data / "pairs" / "hipxray.npz"
    command = ["evaluate", "pairs", str(pictures), "--support", "1", "4", "--report", str(report)]
    assert main(command) == 0
    content = json.loads(report.read_text())
    assert set(content["tasks"]["hipxray"]) == set(content["mean"]) == {"1", "4"}
    for scores in content["tasks"]["hipxray"].values():
        assert {"network", "ensemble", "mean_mask", "chosen"} <= set(scores)
    assert "hipxray" in capsys.readouterr().out


def test_volumes_are_scored_and_reported(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "volumes.json"
    volume = shared_data / "volumes" / "hippocampus_001.npz"
    command = ["evaluate", "volumes", str(volume), "--k", "5", "--sample", "1"]
    assert main([*command, "--report", str(report)]) == 0
    content = json.loads(report.read_text())
    methods = {
        "copy", "signed_distance", "itk", "random_walker",
        "network_unguided", "network_guided", "chosen",
    }  # fmt: skip
    assert {case["placement"] for case in content["cases"]} == {"ends", "inner"}
    for case in content["cases"]:
        assert (case["name"], case["set"], case["k"]) == ("hippocampus_001", "hippocampus", 5)
        assert set(case["dice"]) == methods
        assert all(0 <= dice <= 1 for dice in case["dice"].values())
        assert case["worst_slice"] <= case["dice"]["chosen"] + 1e-9
        assert case["hd95_mm"] >= 0
    # One case of one data set: the mean is the case.
    for case in content["cases"]:
        assert content["mean"][case["placement"]]["5"] == pytest.approx(case["dice"])
    assert "ends, k 5" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["pairs", "nowhere.npz"], "nowhere.npz does not exist"),
        (["volumes", "nowhere"], "nowhere does not exist"),
        (["volumes", "nowhere", "--report", "no/such/r.json"], "create it or choose another"),
    ],
)
def test_what_cannot_be_used_is_explained_in_one_line(
    options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *options]) == 2
    message = capsys.readouterr().err
    assert complaint in message
    assert message.count("\n") == 1


def test_what_is_scored_is_never_overwritten(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "volumes").mkdir()
    original = shared_data / "volumes" / "hippocampus_001.npz"
    volume = Path(shutil.copy(original, tmp_path / "volumes"))
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", volume.parent))
    for path in (volume, archive):
        before = path.read_bytes()
        assert main(["evaluate", "volumes", str(path), "--report", str(path)]) == 2
        assert f"{path} is read or written already" in capsys.readouterr().err
        assert path.read_bytes() == before


def test_unknown_methods_and_numbers_are_refused(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    volume = str(shared_data / "volumes" / "hippocampus_001.npz")
    assert main(["evaluate", "volumes", volume, "--methods", "guess"]) == 2
    assert "guess" in capsys.readouterr().err
    assert main(["evaluate", "volumes", volume, "--k", "1"]) == 2
    assert "expected 2 or more" in capsys.readouterr().err


def test_numbers_of_drawn_slices_that_no_structure_has_room_for_are_named(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    volume = str(shared_data / "volumes" / "hippocampus_001.npz")
    assert main(["evaluate", "volumes", volume, "--methods", "copy", "--k", "3", "10000"]) == 0
    *scored, last = capsys.readouterr().out.splitlines()
    assert len(scored) == 2 and all("k 3:" in line for line in scored)
    assert last == "k 10000: no structure has enough slices, 20002 or more"


def test_effort_is_simulated_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    z, y, x = np.mgrid[:9, :32, :32]
    mask = (z - 4) ** 2 * 8 + (y - 16) ** 2 + (x - 16) ** 2 < 80
    noise = np.random.default_rng(0).normal(0, 20, mask.shape)
    np.savez(
        tmp_path / "ball_001.npz",
        image=(100 * mask + noise).astype(np.int16),
        spacing=np.array([3.0, 1.0, 1.0]),
        mask_ball=mask,
    )
    report = tmp_path / "effort.json"
    command = ["evaluate", "effort", str(tmp_path / "ball_001.npz"), "--sample", "1"]
    assert main([*command, "--report", str(report)]) == 0
    content = json.loads(report.read_text())
    (case,) = content["cases"]
    slices = int(mask.any(axis=(1, 2)).sum())
    assert (case["name"], case["set"], case["label"]) == ("ball_001", "ball", "ball")
    assert case["slices"] == slices
    for who, share in (("touched", "mean_share"), ("baseline", "baseline_share")):
        assert set(case[who]) == set(content[share]) == {"0.90", "0.95"}
        for target, count in case[who].items():
            assert 1 <= count <= len(mask)
            assert content[share][target] == pytest.approx(count / slices)
    assert "0.95" in capsys.readouterr().out
