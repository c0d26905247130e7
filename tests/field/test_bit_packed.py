"""Segmentations of single bits whose frames begin within a byte, and contradictory ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.formats.segmentation_reading import read_segmentation, read_segmentation_frames
from tests.support.nifti import load_nifti

PACKING = ("seg_17_pixel_packing", "seg_17b_pixel_packing_mod2")
VALID = ("packed", "implicit", "empties", "eight", "eight255")


def masks_by_position(dataset: Dataset) -> dict[float, np.ndarray]:
    """Frames with a pixel by their position across the slices, from pydicom alone."""
    return {
        float(group.PlanePositionSequence[0].ImagePositionPatient[2]): frame > 0
        for group, frame in zip(
            dataset.PerFrameFunctionalGroupsSequence, dataset.pixel_array, strict=True
        )
        if frame.any()
    }


@pytest.mark.parametrize("case", PACKING)
@pytest.mark.parametrize("name", VALID)
def test_valid_frames_are_those_that_pydicom_decodes(
    field_case: Callable[[str], Path], case: str, name: str
) -> None:
    (summary,) = find_series(field_case(case) / "ct")
    path = field_case(case) / f"{name}.dcm"
    (segment,) = read_segmentation(path, summary)
    expected = masks_by_position(pydicom.dcmread(path))
    assert len(segment.masks) == len(expected) == 7
    for index, mask in segment.masks.items():
        position = round(float(summary.geometry.positions[index][2]), 6)
        assert np.array_equal(mask, expected[position])


@pytest.mark.parametrize("name", ["own_181x217", "own_35x37", "own_55x62"])
def test_own_exports_hold_the_masks_they_were_made_from(
    field_case: Callable[[str], Path], name: str
) -> None:
    folder = field_case("seg_17_pixel_packing")
    frames = read_segmentation_frames(folder / f"{name}.dcm").astype(bool)
    assert np.array_equal(frames, pydicom.dcmread(folder / f"{name}.dcm").pixel_array)
    labels = np.asarray(load_nifti(folder / f"{name}.nii.gz").dataobj)
    voxels = [labels[:, :, index].T > 0 for index in range(labels.shape[2])]
    expected = [mask for mask in voxels if mask.any()]
    assert sorted(frame.tobytes() for frame in frames) == sorted(
        mask.tobytes() for mask in expected
    )


@pytest.mark.parametrize(
    ("case", "name", "said"),
    [
        *((case, "items_native", "in items as compressed files do") for case in PACKING),
        *((case, "fewer_groups", "states 7 frames, but describes 5") for case in PACKING),
        (PACKING[1], "aligned", "holds 1170 bytes of pixel data, but 7 frames need 1164"),
    ],
)
def test_contradictory_pixel_data_is_refused_by_its_true_reason(
    field_case: Callable[[str], Path], case: str, name: str, said: str
) -> None:
    (summary,) = find_series(field_case(case) / "ct")
    with pytest.raises(DicomError, match=said):
        read_segmentation(field_case(case) / f"{name}.dcm", summary)
