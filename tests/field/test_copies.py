"""Different images under one SOP Instance UID are no copies, and masks stay on their slices."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from core.dicom.reading import find_series, read_series
from core.formats.deidentified_writing import write_deidentified
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import write_segmentation
from core.formats.structure_set_reading import read_structure_set
from core.formats.structure_set_writing import write_structure_set
from tests.support.mask_round_trips import assert_same_masks, make_segments


@pytest.fixture
def folder(field_case: Callable[[str], Path]) -> Path:
    return field_case("read_01_same_sop_instance_uid") / "input"


def test_all_images_are_there(folder: Path) -> None:
    (summary,) = find_series(folder)
    images = [pydicom.dcmread(path) for path in folder.iterdir()]
    images.sort(key=lambda image: image.ImagePositionPatient[2])
    assert np.array_equal(
        read_series(summary).volume, np.stack([image.pixel_array for image in images])
    )
    assert not any("copies" in problem for problem in summary.problems)
    assert any("carry the same SOP Instance UID" in problem for problem in summary.problems)


def test_masks_come_back_onto_their_slices(folder: Path, tmp_path: Path) -> None:
    (summary,) = find_series(folder)
    segments = make_segments(summary)
    write_segmentation(summary, segments, tmp_path / "seg.dcm")
    write_structure_set(summary, segments, tmp_path / "rt.dcm")
    for back in (
        read_segmentation(tmp_path / "seg.dcm", summary),
        read_structure_set(tmp_path / "rt.dcm", summary),
    ):
        for one, other in zip(segments, back, strict=True):
            assert_same_masks(one.masks, other.masks)


def test_deidentified_copies_have_their_own_uids(folder: Path, tmp_path: Path) -> None:
    (summary,) = find_series(folder)
    segments = make_segments(summary)
    write_deidentified(summary, segments, tmp_path / "out.zip", secret=b"secret")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "out")
    (copy,) = find_series(tmp_path / "out" / "images")
    assert copy.slices == 12
    assert not any("SOP Instance UID" in problem for problem in copy.problems)
    for one, other in zip(
        segments, read_segmentation(tmp_path / "out" / "segmentation.dcm", copy), strict=True
    ):
        assert_same_masks(one.masks, other.masks)
