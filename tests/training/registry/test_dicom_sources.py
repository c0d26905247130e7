"""Registries of DICOM series and their segmentations."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.dicom.reading import find_series, read_series
from core.dicom.series import Series
from core.formats.nifti_writing import write_nifti
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment import Segment, default_color
from core.segments.segment_masks import SegmentMasks
from core.training.registry.dicom_sources import find_segmented_series
from core.training.registry.index import Stack, read_registry, read_slices
from core.training.registry.nifti_sources import find_pairs
from core.training.registry.preparation import PreparationOptions, prepare_registry
from core.training.registry.slices import SliceOptions
from tests.support.nifti_volumes import write_volume
from tests.support.segments import ANATOMY

SPARSE = (3, 9, 14)


@dataclass(frozen=True)
class Segmented:
    folder: Path
    series: Series
    segments: list[SegmentMasks]


@pytest.fixture(scope="module")
def segmented(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Segmented:
    """A real CT with its liver outlined everywhere and its spleen on three slices."""
    folder = tmp_path_factory.mktemp("series")
    shutil.copytree(shared_data / "dicom" / "totalseg_example_ct", folder / "images")
    series = read_series(find_series(folder)[0])
    truth = np.load(shared_data / "volumes" / "totalseg_ct_dicom.npz")
    masks = {
        "liver": {index: mask > 0 for index, mask in enumerate(truth["mask_liver"]) if mask.any()},
        "spleen": {index: truth["mask_spleen"][index] > 0 for index in SPARSE},
    }
    segments = [
        SegmentMasks(Segment(number, label, default_color(number), ANATOMY, ANATOMY), own)
        for number, (label, own) in enumerate(masks.items(), start=1)
    ]
    write_segmentation(series, segments, folder / "segmentation.dcm")
    return Segmented(folder, series, segments)


@pytest.fixture(scope="module")
def registry(segmented: Segmented, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registries") / "registry"
    scans = find_segmented_series(segmented.folder, "abdomen")
    outcomes = list(prepare_registry(scans, folder, PreparationOptions()))
    assert [outcome.status for outcome in outcomes] == ["prepared"]
    return folder


def stack_of(registry: Path, label: str, view: str = "slice") -> Stack:
    (stack,) = [
        stack
        for stack in read_registry(registry).stacks
        if (stack.label, stack.plane, stack.view) == (label, "axial", view)
    ]
    return stack


def test_a_series_and_its_segmentation_become_tasks(registry: Path) -> None:
    stacks = read_registry(registry).stacks
    assert {(stack.data_set, stack.modality) for stack in stacks} == {("abdomen", "CT")}
    assert {stack.label for stack in stacks} == {"liver", "spleen"}


def test_of_a_sparse_segmentation_only_drawn_slices_are_used(registry: Path) -> None:
    spleen = stack_of(registry, "spleen")
    assert len(spleen.slices) == len(SPARSE)
    assert min(spleen.pixels) > 0
    planes = {stack.plane for stack in read_registry(registry).stacks if stack.label == "spleen"}
    assert planes == {"axial"}


def test_the_same_scan_as_nifti_gives_the_same_pictures(
    segmented: Segmented, registry: Path, tmp_path: Path
) -> None:
    write_volume(segmented.series, _made(tmp_path / "scans" / "images") / "ct.nii.gz")
    liver = segmented.segments[:1]
    write_nifti(segmented.series, liver, _made(tmp_path / "scans" / "labels") / "ct.nii.gz")
    scans = find_pairs(tmp_path / "scans", "abdomen", label_names={1: "liver"})
    options = PreparationOptions(slices=SliceOptions(planes="acquired"))
    list(prepare_registry(scans, tmp_path / "registry", options))
    for view in ("slice", "structure"):
        one, other = (
            read_slices(folder, stack, range(len(stack.slices)))
            for folder in (registry, tmp_path / "registry")
            for stack in [stack_of(folder, "liver", view)]
        )
        assert np.array_equal(one[1], other[1])
        assert np.abs(one[0].astype(int) - other[0]).max() <= 1


def test_nothing_tells_who_the_patient_is(segmented: Segmented, registry: Path) -> None:
    summary = segmented.series.summary
    secrets = [summary.patient_id, summary.patient_name, summary.study_uid, summary.uid]
    for path in registry.rglob("*"):
        content = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        assert not any(secret.encode() in content for secret in secrets if secret)


def test_a_series_without_segmentation_is_explained(shared_data: Path) -> None:
    with pytest.raises(ValueError, match=r"neither NIfTI files nor a DICOM segmentation"):
        find_segmented_series(shared_data / "dicom" / "dcmqi_ct3slice", "abdomen")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
