"""Finding and reading NIfTI images with their labels."""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from core.training.registry.nifti_sources import Convention, find_pairs
from tests.support.labelled_scans import affine_of, write, write_patient

SHAPE = (4, 5, 6)
AFFINE = affine_of((3.0, 1.0, 1.0))


def image(lowest: float = 0.0) -> np.ndarray:
    return np.linspace(lowest, 900, np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)


def labels(*values: int) -> np.ndarray:
    volume = np.zeros(SHAPE, np.uint8)
    for row, value in enumerate(values):
        volume[1:3, row] = value
    return volume


def write_pair(folder: Path, image_name: str, label_name: str, values: np.ndarray) -> None:
    write(folder / f"{image_name}.nii.gz", image(), AFFINE)
    write(folder / f"{label_name}.nii.gz", values, AFFINE)


@pytest.mark.parametrize(
    ("image_name", "label_name", "structure"),
    [
        ("imagesTr/jane", "labelsTr/jane", "2"),
        ("imagesTr/jane_0000", "labelsTr/jane", "2"),
        ("jane/ct", "jane/segmentations/liver", "liver"),
        ("jane/mri", "jane/segmentations/liver", "liver"),
        ("images/jane", "labels/jane", "2"),
        ("jane", "jane_seg", "2"),
        ("jane", "jane_label_liver", "liver"),
        ("jane/t1", "jane/t1_seg", "2"),
        ("jane/t1", "jane/t1_label_liver", "liver"),
    ],
)
def test_usual_names_are_known(
    tmp_path: Path, image_name: str, label_name: str, structure: str
) -> None:
    write_pair(tmp_path, image_name, label_name, labels(2))
    (found,) = find_pairs(tmp_path, "livers")
    assert found.patient == "jane"
    scan = found.read()
    assert np.array_equal(scan.image, image().transpose(2, 1, 0))
    assert np.array_equal(scan.structures[structure].read(), labels(2).transpose(2, 1, 0) > 0)


def test_patterns_tell_patients_scans_and_labels(tmp_path: Path) -> None:
    for visit in ("first", "second"):
        for label in ("liver", "spleen"):
            write_pair(
                tmp_path, f"jane/{visit}/x1_t2", f"masks/jane/{visit}/{label}_rater", labels(1)
            )
    convention = Convention("{patient}/{scan}/*_t2.nii.gz", "masks/{patient}/{scan}/{label}_rater")
    found = find_pairs(tmp_path, "visits", convention=convention)
    assert [(one.patient, one.name) for one in found] == [("jane", "first"), ("jane", "second")]
    assert set(found[0].read().structures) == {"liver", "spleen"}


def test_an_image_without_labels_is_passed_over(tmp_path: Path) -> None:
    write_pair(tmp_path, "imagesTr/jane", "labelsTr/jane", labels(1))
    write(tmp_path / "imagesTr" / "john.nii", image(), AFFINE)
    assert [one.patient for one in find_pairs(tmp_path, "livers")] == ["jane"]


@pytest.mark.parametrize(
    "described",
    [
        {"labels": {"0": "background", "1": "liver", "3": "tumour"}, "modality": {"0": "CT"}},
        {"labels": {"background": 0, "liver": 1, "tumour": 3}, "channel_names": {"0": "CT"}},
    ],
)
def test_names_and_modality_come_from_the_description(tmp_path: Path, described: dict) -> None:
    write_pair(tmp_path, "imagesTr/jane", "labelsTr/jane", labels(1, 3))
    (tmp_path / "dataset.json").write_text(json.dumps(described))
    scan = find_pairs(tmp_path, "livers")[0].read()
    assert set(scan.structures) == {"liver", "tumour"}
    assert scan.modality == "CT"


def test_hounsfield_units_tell_ct_and_an_option_overrules(tmp_path: Path) -> None:
    write_patient(tmp_path, "jane", image(-1000.0), {"liver": labels(1)})
    write_patient(tmp_path, "john", image(), {"liver": labels(1)})
    assert [one.read().modality for one in find_pairs(tmp_path, "livers")] == ["CT", "MR"]
    told = find_pairs(tmp_path, "livers", modality="PT", label_names={1: "unused"})
    assert {one.read().modality for one in told} == {"PT"}


def test_the_first_of_several_channels_is_used(tmp_path: Path) -> None:
    write_pair(tmp_path, "imagesTr/jane", "labelsTr/jane", labels(1))
    channels = np.stack([image(), image() + 5], axis=-1).transpose(2, 1, 0, 3)
    nib.save(nib.Nifti1Image(channels, AFFINE), tmp_path / "imagesTr" / "jane.nii.gz")
    scan = find_pairs(tmp_path, "livers")[0].read()
    assert np.array_equal(scan.image, image().transpose(2, 1, 0))


def test_the_longest_step_lies_across_the_slices(tmp_path: Path) -> None:
    write_pair(tmp_path, "jane", "jane_seg", labels(1))
    assert find_pairs(tmp_path, "livers")[0].read().across == 2


def test_labels_on_another_grid_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "jane.nii.gz", image(), AFFINE)
    write(tmp_path / "jane_seg.nii.gz", labels(1), affine_of((2.0, 1.0, 1.0)))
    with pytest.raises(ValueError, match=r"another grid than jane.nii.gz; resample"):
        find_pairs(tmp_path, "livers")[0].read()


def test_labels_that_are_no_numbers_of_structures_are_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "jane", "jane_seg", labels(1) * np.float32(0.5))
    with pytest.raises(ValueError, match="no label map"):
        find_pairs(tmp_path, "livers")[0].read()


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "jane", "jane_seg", labels(1))
    path = tmp_path / "jane.nii.gz"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"jane.nii.gz is not a readable NIfTI file"):
        find_pairs(tmp_path, "livers")[0].read()


def test_unknown_names_ask_for_patterns(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "c" / "jane.nii.gz", image(), AFFINE)
    with pytest.raises(ValueError, match="say with --images and --labels"):
        find_pairs(tmp_path, "livers")


@pytest.mark.parametrize("pattern", ["images/*", "{patient}/{visit}", "{patient}{}"])
def test_impossible_patterns_are_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ValueError, match=r"expected \{patient\}"):
        find_pairs(tmp_path, "livers", convention=Convention(pattern, "{patient}_seg"))
