"""`python -m core prepare`, and training on what it made."""

import csv
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.network.weights import load_weights
from core.training.registry.index import read_registry
from tests.commands.test_train import RECIPE
from tests.support.labelled_scans import write_decathlon, write_patient

SPLIT = ("--split", "0.6", "0.3", "0.1")


@pytest.fixture
def hippocampi(shared_data: Path, tmp_path: Path) -> Path:
    volumes = sorted((shared_data / "volumes").glob("hippocampus_*.npz"))[:9]
    return write_decathlon(tmp_path / "hippocampus", volumes)


def test_scans_become_a_registry_that_training_uses(
    hippocampi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry, run, recipe = tmp_path / "registry", tmp_path / "run", tmp_path / "recipe.toml"
    options = ["--planes", "acquired", "--views", "slice", *SPLIT]
    assert main(["prepare", str(hippocampi), "--output", str(registry), *options]) == 0
    told = capsys.readouterr().out
    assert "9 scans prepared, 0 unchanged, 0 left out" in told
    assert "hippocampus MR anterior" in told
    recipe.write_text(RECIPE)
    command = ["train", str(run), "--config", str(recipe), "--device", "cpu"]
    own = ["--registry", str(registry), "--registry-share", "1"]
    assert main([*command, *own, "--export", str(tmp_path / "own.safetensors")]) == 0
    assert "registry_volume_guided" in capsys.readouterr().out
    assert "one's own scans" in load_weights(tmp_path / "own.safetensors").card["data"]
    with (run / "log.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert 0 <= float(row["registry_population"]) <= 1


def test_several_sources_and_names_can_be_given(tmp_path: Path) -> None:
    mask = np.zeros((6, 20, 20), bool)
    mask[1:5, 4:16, 4:16] = True
    for source in ("first", "second"):
        write_patient(tmp_path / source, "jane", mask * 100.0, {"block": mask})
    sources = [str(tmp_path / source) for source in ("first", "second")]
    assert main(["prepare", *sources, "--output", str(tmp_path / "registry")]) == 0
    stacks = read_registry(tmp_path / "registry").stacks
    assert {stack.data_set for stack in stacks} == {"first", "second"}
    # The same patient in two data sets is still one patient.
    assert len({stack.patient for stack in stacks}) == 1
    patterns = ["--images", "{patient}/ct", "--labels", "{patient}/segmentations/{label}"]
    named = ["--data-set", "mine", "--modality", "PT", "--output", str(tmp_path / "named")]
    assert main(["prepare", sources[0], *patterns, *named]) == 0
    assert {(s.data_set, s.modality) for s in read_registry(tmp_path / "named").stacks} == {
        ("mine", "PT")
    }


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--split", "0.9", "0.9", "0"], "three shares whose sum is 1"),
        (["--split", "nan", "1", "1"], "three shares whose sum is 1"),
        (["--label-names", "²=liver"], "expected NUMBER=NAME"),
        (["--images", "{patient}"], "give both patterns or none"),
        (["--label-names", "liver"], "expected NUMBER=NAME"),
        (["--slices", "1"], "3 or more"),
    ],
)
def test_mistakes_are_explained_in_one_line(
    tmp_path: Path, options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scans").mkdir()
    command = ["prepare", str(tmp_path / "scans"), "--output", str(tmp_path / "registry")]
    assert main([*command, *options]) == 2
    told = capsys.readouterr().err
    assert complaint in told
    assert told.count("\n") == 1


def test_sources_without_labelled_scans_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = ["--output", str(tmp_path / "registry")]
    assert main(["prepare", str(tmp_path / "none"), *registry]) == 2
    assert "is not a folder" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["prepare", str(tmp_path / "empty"), *registry]) == 2
    assert "neither NIfTI files nor a DICOM segmentation" in capsys.readouterr().err
    assert not (tmp_path / "registry").exists()


def test_unusable_scans_are_named_and_the_others_used(
    hippocampi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = sorted((hippocampi / "imagesTr").iterdir())
    images[0].write_bytes(b"nothing")
    options = ["--planes", "acquired", "--output", str(tmp_path / "registry")]
    assert main(["prepare", str(hippocampi), *options]) == 0
    told = capsys.readouterr()
    assert "8 scans prepared, 0 unchanged, 1 left out" in told.out
    assert images[0].name in told.err
    for path in images:
        path.write_bytes(b"nothing")
    assert main(["prepare", str(hippocampi), *options[:-1], str(tmp_path / "another")]) == 2
    assert "None of the 9 scans can be used" in capsys.readouterr().err
