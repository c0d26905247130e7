"""Segments to write, and what other programs make of them."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from nibabel import Nifti1Image
from pydicom import Dataset

from core.dicom.series import SeriesSummary
from core.formats.nifti_writing import ras_affine
from core.formats.segmentation_writing import write_segmentation
from core.segments.overlap_rules import rule_where
from core.segments.segment import Code, Segment, default_color
from core.segments.segment_masks import Algorithm, SegmentMasks
from tests.support.nifti import load_nifti
from tests.support.segments import ANATOMY, LIVER, SPLEEN


def make_segments(
    summary: SeriesSummary, *, overlap: bool = False, seed: int = 0
) -> list[SegmentMasks]:
    """Two segments with ragged masks; the second starts and ends elsewhere than the first."""
    random = np.random.default_rng(seed)
    rows, columns, last = summary.rows, summary.columns, summary.slices - 1
    rule = rule_where(not overlap)
    top, bottom = np.zeros((2, rows, columns), bool)
    top[: rows // 2] = True
    bottom[rows // 3 if overlap else rows // 2 :] = True
    chosen: tuple[tuple[int, str, Code, np.ndarray, Algorithm], ...] = (
        (1, "Liver", LIVER, top, "MANUAL"),
        (2, "Spleen Größe", SPLEEN, bottom, "SEMIAUTOMATIC"),
    )
    return [
        SegmentMasks(
            Segment(number, label, default_color(number), ANATOMY, code, overlap=rule),
            {
                index: (random.random((rows, columns)) > 0.4) & half
                for index in range(summary.slices)
                if index in (0, last) or random.random() > 0.4
            },
            algorithm,
        )
        for number, label, code, half, algorithm in chosen
    ]


def written(small: tuple[SeriesSummary, list[SegmentMasks], Path], **settings: Any) -> Dataset:
    """Write the segments of the fixture `small` and return the file as pydicom reads it."""
    summary, segments, path = small
    path.parent.mkdir(exist_ok=True)
    write_segmentation(summary, segments, path, **settings)
    return pydicom.dcmread(path)


def assert_same_masks(first: Mapping[int, np.ndarray], second: Mapping[int, np.ndarray]) -> None:
    assert set(first) == set(second)
    for index in first:
        assert np.array_equal(first[index], second[index])


def assert_valid(path: Path, dciodvfy: str) -> None:
    done = subprocess.run([dciodvfy, path], capture_output=True, text=True, check=False)
    assert "Error" not in done.stdout + done.stderr
    assert done.returncode == 0


def volumes_by_dcmqi(path: Path, folder: Path, segimage2itkimage: str) -> list[Nifti1Image]:
    """Voxels and RAS affine of each group of segments, as dcmqi converts them."""
    subprocess.run(
        [
            segimage2itkimage,
            *("--inputDICOM", path, "--outputDirectory", folder),
            *("--outputType", "nii", "--prefix", "out"),
        ],
        check=True,
        capture_output=True,
    )
    return [load_nifti(converted) for converted in sorted(folder.glob("out-*.nii.gz"))]


def masks_in_place(
    image: Nifti1Image, number: int, summary: SeriesSummary
) -> dict[int, np.ndarray]:
    """Masks by slice index of `summary` from a NIfTI image, through both affines."""
    voxels = np.argwhere(np.asarray(image.dataobj) == number)
    points = np.c_[voxels, np.ones(len(voxels))] @ image.affine.T
    indices = points @ np.linalg.inv(ras_affine(summary.geometry)).T
    rounded = np.rint(indices[:, :3]).astype(int)
    # dcmqi writes the affine in single precision, and from its own estimate of the spacing.
    assert np.abs(indices[:, :3] - rounded).max() < 0.05 and rounded.min() >= 0
    volume = np.zeros((summary.slices, summary.rows, summary.columns), bool)
    columns, rows, slices = rounded.T
    volume[slices, rows, columns] = True
    return {index: mask for index, mask in enumerate(volume) if mask.any()}
