"""Writing labelled scans as other programs do, for tests that prepare registries of them."""

import json
from collections.abc import Mapping
from pathlib import Path

import nibabel as nib
import numpy as np


def affine_of(spacing: tuple[float, float, float]) -> np.ndarray:
    """Matrix from (column, row, slice) to RAS of axial slices; spacing of slices, rows, columns."""
    return np.diag([-spacing[2], -spacing[1], spacing[0], 1.0])


def write(path: Path, volume: np.ndarray, affine: np.ndarray) -> Path:
    """Write a volume [slice, row, column] as NIfTI, its axes (column, row, slice)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(volume.transpose(2, 1, 0), affine), path)
    return path


def write_decathlon(folder: Path, volumes: list[Path]) -> Path:
    """Write hippocampi as the Medical Segmentation Decathlon has them: a number per structure."""
    for path in volumes:
        content = np.load(path)
        affine = affine_of(tuple(content["spacing"]))
        labels = (content["mask_1"] > 0) + 2 * (content["mask_2"] > 0)
        image = content["image"].astype(np.float32)
        write(folder / "imagesTr" / f"{path.stem}.nii.gz", image, affine)
        write(folder / "labelsTr" / f"{path.stem}.nii.gz", labels.astype(np.uint8), affine)
    described = {
        "modality": {"0": "MRI"},
        "labels": {"0": "background", "1": "anterior", "2": "posterior"},
    }
    (folder / "dataset.json").write_text(json.dumps(described))
    return folder


def write_patient(
    folder: Path,
    patient: str,
    image: np.ndarray,
    masks: Mapping[str, np.ndarray],
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> None:
    """Write an image and a file per structure, as TotalSegmentator does."""
    affine = affine_of(spacing)
    write(folder / patient / "ct.nii.gz", image, affine)
    for label, mask in masks.items():
        path = folder / patient / "segmentations" / f"{label}.nii.gz"
        write(path, mask.astype(np.uint8), affine)
