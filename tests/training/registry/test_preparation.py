"""Filling a registry: whole, once, and without anybody's name."""

import json
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from core.proposals.intensity import prepare
from core.training.registry.index import SCANS, Registry, Stack, read_registry, read_slices
from core.training.registry.nifti_sources import find_pairs
from core.training.registry.preparation import PreparationOptions, prepare_registry
from core.training.registry.slices import SliceOptions
from tests.support.labelled_scans import write_patient
from tests.training.conftest import HIPPOCAMPI

RANDOM = np.random.default_rng(6)
PATIENTS = ("Doe_Jane_19700101", "Doe_John_19690720", "Roe_Richard_19810412")
OPTIONS = PreparationOptions(slices=SliceOptions(planes="acquired"))


def add_patient(folder: Path, name: str, depth: int = 8) -> None:
    mask = np.zeros((depth, 24, 24), bool)
    mask[2:-2, 6:18, 6:18] = True
    write_patient(folder, name, RANDOM.normal(mask * 200.0, 30).astype(np.float32), {"block": mask})


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    for name in PATIENTS:
        add_patient(tmp_path / "scans", name)
    return tmp_path / "scans"


def statuses(scans: Path, registry: Path, options: PreparationOptions = OPTIONS) -> Counter[str]:
    outcomes = prepare_registry(find_pairs(scans, "blocks"), registry, options)
    return Counter(outcome.status for outcome in outcomes)


def splits(registry: Registry) -> dict[str, str]:
    return {stack.patient: stack.split for stack in registry.stacks}


def test_real_scans_become_tasks(registry: Path) -> None:
    read = read_registry(registry)
    assert {stack.label for stack in read.stacks} == {"anterior", "posterior"}
    assert {stack.modality for stack in read.stacks} == {"MR"}
    assert {stack.plane for stack in read.stacks} == {"axial", "coronal", "sagittal"}
    assert len(splits(read)) == HIPPOCAMPI
    assert set(splits(read).values()) >= {"train", "val"}
    for stack in read.stacks[::7]:
        images, masks = read_slices(registry, stack, range(len(stack.slices)))
        assert images.shape == masks.shape == (len(stack.slices), 128, 128)
        assert tuple(masks.sum(axis=(1, 2))) == stack.pixels
        assert images.max() > 100
        assert list(stack.positions) == sorted(stack.positions)


def test_pictures_have_the_intensities_of_use(shared_data: Path, registry: Path) -> None:
    # Whatever the order of names, some scan's mean agrees with that of each prepared volume.
    means = {
        float(read_slices(registry, stack, range(len(stack.slices)))[0].mean()) / 255
        for stack in read_registry(registry).stacks
        if stack.view == "slice" and stack.plane == "axial"
    }
    volumes = sorted((shared_data / "volumes").glob("hippocampus_*.npz"))[:HIPPOCAMPI]
    for path in volumes:
        volume = prepare(np.load(path)["image"], "MR")
        assert min(abs(mean - volume.mean()) for mean in means) < 0.05


def test_a_patient_belongs_to_one_split_whoever_joins(scans: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    assert statuses(scans, registry) == {"prepared": 3}
    before = splits(read_registry(registry))
    for number in range(9):
        add_patient(scans, f"newcomer_{number}")
    assert statuses(scans, registry) == {"unchanged": 3, "prepared": 9}
    after = splits(read_registry(registry))
    assert len(after) == 12
    assert all(after[patient] == split for patient, split in before.items())


def test_nothing_tells_who_a_patient_is(scans: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    statuses(scans, registry)
    files = [path for path in registry.rglob("*") if path.is_file()]
    assert len(files) == 5
    for path in files:
        content = path.name.encode() + path.read_bytes()
        assert not any(part in content for part in (b"Doe", b"Roe", b"1970", str(scans).encode()))


def test_what_is_there_already_is_not_done_again(scans: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    statuses(scans, registry)
    before = {path: path.stat().st_mtime_ns for path in (registry / SCANS).iterdir()}
    assert statuses(scans, registry) == {"unchanged": 3}
    assert {path: path.stat().st_mtime_ns for path in (registry / SCANS).iterdir()} == before


def test_an_interrupted_preparation_carries_on(scans: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    started = prepare_registry(find_pairs(scans, "blocks"), registry, OPTIONS)
    assert len(list(islice(started, 2))) == 2
    started.close()  # type: ignore[attr-defined]
    assert read_registry(registry).stacks == ()
    assert statuses(scans, registry) == {"unchanged": 2, "prepared": 1}
    assert len(splits(read_registry(registry))) == 3


def test_a_corrected_label_replaces_the_former_one(scans: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    statuses(scans, registry)
    add_patient(scans, PATIENTS[0], depth=12)
    assert statuses(scans, registry) == {"unchanged": 2, "prepared": 1}
    assert len(splits(read_registry(registry))) == 3


def test_a_damaged_or_missing_scan_is_made_again(scans: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    statuses(scans, registry)
    first, second, _ = (registry / SCANS).iterdir()
    first.write_bytes(first.read_bytes()[:100])
    second.unlink()
    with pytest.raises(ValueError, match=r"lacks the scan .* prepare` again"):
        read_registry(registry)
    assert statuses(scans, registry) == {"unchanged": 1, "prepared": 2}
    assert len(splits(read_registry(registry))) == 3


def test_a_scan_that_cannot_be_read_is_left_out_with_a_reason(scans: Path, tmp_path: Path) -> None:
    path = scans / PATIENTS[1] / "ct.nii.gz"
    path.write_bytes(b"nothing")
    outcomes = list(prepare_registry(find_pairs(scans, "blocks"), tmp_path / "registry", OPTIONS))
    (left_out,) = [outcome for outcome in outcomes if outcome.status == "left out"]
    assert "not a readable NIfTI file" in left_out.reason
    assert len(splits(read_registry(tmp_path / "registry"))) == 2


def test_other_options_need_another_folder(scans: Path, tmp_path: Path) -> None:
    statuses(scans, tmp_path / "registry")
    with pytest.raises(ValueError, match="prepared with other options"):
        statuses(scans, tmp_path / "registry", PreparationOptions(seed=1))


def test_other_files_are_not_mixed_with_a_registry(scans: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds other files"):
        statuses(scans, scans)


@pytest.mark.parametrize("content", ["", "{}", '{"format": 1, "options": {}, "stacks": [{}]}'])
def test_a_damaged_index_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(ValueError, match="damaged"):
        read_registry(tmp_path)


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('{"format": 2}')
    with pytest.raises(ValueError, match="has format 2; expected 1"):
        read_registry(tmp_path)


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.5, -0.5, 0.0)])
def test_impossible_shares_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="three shares whose sum is 1"):
        PreparationOptions(shares=shares)


def test_slices_that_are_not_fully_described_are_refused(scans: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    statuses(scans, registry)
    content = json.loads((registry / "index.json").read_text())
    content["stacks"][0]["pixels"].pop()
    (registry / "index.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="damaged"):
        read_registry(registry)


def test_reading_a_damaged_scan_says_so(scans: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    statuses(scans, registry)
    stack: Stack = read_registry(registry).stacks[0]
    (registry / SCANS / f"{stack.scan}.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="is damaged"):
        read_slices(registry, stack, [0])
