"""Attributes that tell volumes apart, in every place and encoding where they stand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.dicom.reading import find_series, read_series
from tests.dicom.test_volumes import found_volumes, restarting
from tests.support.synthetic_series import PLACEMENTS, write_enhanced, write_images

PRIVATE = [
    ("GEMS_ACQU_01", 0x0019, 0xA2, "SL", (0, 1)),
    ("GEMS_ACQU_01", 0x0019, 0xD7, "SS", (1, 2)),
    ("GEMS_PARM_01", 0x0043, 0x2F, "SS", (0, 1)),
    ("GEMS_PARM_01", 0x0043, 0x39, "IS", ([0, 8, 0, 0], [1000, 8, 0, 0])),
    ("SIEMENS MR HEADER", 0x0019, 0x0C, "IS", (0, 1000)),
    ("SIEMENS MR HEADER", 0x0051, 0x0F, "LO", ("C:A1", "C:A2")),
    ("Philips Imaging DD 001", 0x2001, 0x03, "FL", (0.0, 1000.0)),
    ("Philips Imaging DD 001", 0x2001, 0x08, "IS", (1, 2)),
    ("Philips MR Imaging DD 001", 0x2005, 0x11, "CS", ("M", "P")),
]


@pytest.mark.parametrize("block", [0x10, 0x12])
@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
@pytest.mark.parametrize(("creator", "group", "element", "vr", "values"), PRIVATE)
def test_private_attributes_divide_volumes(
    tmp_path: Path,
    creator: str,
    group: int,
    element: int,
    vr: str,
    values: np.ndarray,
    syntax: UID,
    block: int,
) -> None:
    images = [{"ImagePositionPatient": [0, 0, 2.5 * index]} for index in [0, 1, 2] * 2]
    write_images(tmp_path, restarting(images, 3))
    for path in sorted(tmp_path.iterdir()):
        image, read = Dataset(), pydicom.dcmread(path)
        for stated in read:
            image.add(stated)
        image.file_meta = read.file_meta
        image.add_new((group, block), "LO", creator)
        image.add_new((group, (block << 8) + element), vr, values[int(path.name[5:]) > 3])
        implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
        if not little:
            image.PixelData = np.frombuffer(image.PixelData, "<u2").astype(">u2").tobytes()
        image.file_meta.TransferSyntaxUID = syntax
        image.save_as(path, implicit_vr=implicit, little_endian=little)
    assert found_volumes(tmp_path) == [[0, 1, 2], [3, 4, 5]]
    assert not any("mixed" in problem for one in find_series(tmp_path) for problem in one.problems)


FRAME_ATTRIBUTES = [
    ("MRDiffusionSequence", {"DiffusionBValue": 1000.0}, "b-value 1000"),
    ("MRDiffusionSequence", {"DiffusionDirectionality": "ISOTROPIC"}, "directionality ISOTROPIC"),
    ("MREchoSequence", {"EffectiveEchoTime": 4.6}, "echo time 4.6"),
    ("MRModifierSequence", {"InversionTimes": [300.0]}, "inversion time 300"),
    ("MRTimingAndRelatedParametersSequence", {"FlipAngle": 15.0}, "flip angle 15"),
    (
        "CardiacSynchronizationSequence",
        {"NominalPercentageOfCardiacPhase": 75.0},
        "cardiac phase 75",
    ),
    ("CardiacSynchronizationSequence", {"NominalCardiacTriggerDelayTime": 40.0}, "trigger time 40"),
    ("MRImageFrameTypeSequence", {"ComplexImageComponent": "PHASE"}, "component PHASE"),
    ("MRImageFrameTypeSequence", {"AcquisitionContrast": "T2"}, "contrast T2"),
    ("MRArterialSpinLabelingSequence", {"ASLContext": "LABEL"}, "label LABEL"),
    ("MRReceiveCoilSequence", {"ReceiveCoilName": "HEAD"}, "coil HEAD"),
    ("CTXRayDetailsSequence", {"KVP": 140}, "kVp 140"),
    ("CTReconstructionSequence", {"ConvolutionKernel": "B60f"}, "kernel B60f"),
    ("TemporalPositionSequence", {"TemporalPositionTimeOffset": 12.5}, "time offset 12.5"),
    ("FrameContentSequence", {"FrameAcquisitionNumber": 7}, "acquisition 7"),
    (
        "FrameContentSequence",
        {"FrameReferenceDateTime": "20240102101500.1"},
        "frame time 20240102101500.1",
    ),
    ("FrameContentSequence", {"StackID": "second"}, "stack second"),
]


def change_frames(path: Path, change: Callable[[Dataset, bool], None]) -> Dataset:
    """Take the time points from an enhanced image of two, and change its frames instead."""
    image = pydicom.dcmread(path)
    for frame in image.PerFrameFunctionalGroupsSequence:
        content = frame.FrameContentSequence[0]
        is_second = content.TemporalPositionIndex == 2
        del content.TemporalPositionIndex
        change(frame, is_second)
    image.save_as(path)
    return image


def volumes_of(path: Path) -> list[np.ndarray]:
    return [read_series(summary).volume for summary in find_series(path)]


@pytest.mark.parametrize(("sequence", "attributes", "words"), FRAME_ATTRIBUTES)
def test_attributes_of_single_frames_divide_volumes(
    tmp_path: Path, sequence: str, attributes: dict[str, Any], words: str
) -> None:
    values = write_enhanced(tmp_path / "image", PLACEMENTS[4], volumes=2)

    def change(frame: Dataset, is_second: bool) -> None:
        if sequence not in frame:
            setattr(frame, sequence, [Dataset()])
        if is_second:
            for keyword, value in attributes.items():
                setattr(getattr(frame, sequence)[0], keyword, value)

    change_frames(tmp_path / "image", change)
    found = {one.series_description: one for one in find_series(tmp_path)}
    assert len(found) == 2
    second = found[f"Synthetic ({words})"]
    assert np.array_equal(read_series(second).volume, values[1])
    assert not any("mixed" in problem for problem in second.problems)


def test_dimensions_of_any_meaning_divide_volumes(tmp_path: Path) -> None:
    values = write_enhanced(tmp_path / "image", PLACEMENTS[4], volumes=2)
    places: dict[tuple[float, ...], int] = {}

    def change(frame: Dataset, is_second: bool) -> None:
        position = tuple(frame.PlanePositionSequence[0].ImagePositionPatient)
        place = places.setdefault(position, len(places) + 1)
        frame.FrameContentSequence[0].DimensionIndexValues = [1, 1 + is_second, place]

    image = change_frames(tmp_path / "image", change)
    image.DimensionIndexSequence = [Dataset(), Dataset(), Dataset()]
    for item, tag in zip(
        image.DimensionIndexSequence, (0x00209056, 0x0021105A, 0x00209057), strict=True
    ):
        item.DimensionIndexPointer = tag
    image.save_as(tmp_path / "image")
    assert np.array_equal(np.stack(volumes_of(tmp_path)), values)


def test_frames_that_nothing_tells_apart_are_divided_by_their_numbers(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "image", PLACEMENTS[4], volumes=2)
    change_frames(tmp_path / "image", lambda frame, is_second: None)
    found = find_series(tmp_path)
    assert [summary.slices for summary in found] == [6, 6]
    for summary in found:
        assert any("the order of frame numbers alone" in problem for problem in summary.problems)


def test_shared_groups_alone_place_a_single_frame(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "image", PLACEMENTS[4], slices=1)
    image = pydicom.dcmread(tmp_path / "image")
    (frame,) = image.PerFrameFunctionalGroupsSequence
    shared = image.SharedFunctionalGroupsSequence[0]
    shared.PlanePositionSequence = frame.PlanePositionSequence
    del image.PerFrameFunctionalGroupsSequence
    image.save_as(tmp_path / "image")
    (summary,) = find_series(tmp_path)
    assert summary.geometry.in_patient
    assert summary.geometry.positions[0] == pytest.approx(PLACEMENTS[4].position(0))
