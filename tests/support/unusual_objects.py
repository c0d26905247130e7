"""Images whose values or places are stated otherwise than in a CT, written by other libraries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import (
    UID,
    BreastTomosynthesisImageStorage,
    EnhancedUSVolumeStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    NuclearMedicineImageStorage,
    RTDoseStorage,
    generate_uid,
)

from tests.support.synthetic_series import AXIAL, Placement, base_image, write_series

ENCODINGS = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
}


def item(**attributes: Any) -> Dataset:
    """Item of a sequence."""
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def save(image: Dataset, path: Path, encoding: UID = ExplicitVRLittleEndian) -> None:
    """Write an image whose pixel data is in little endian in any of the encodings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if "PixelData" in image:
        is_wide = image.BitsAllocated > 8
        image["PixelData"].VR = "OW" if is_wide or encoding != ExplicitVRLittleEndian else "OB"
    if encoding == ExplicitVRBigEndian:
        for keyword, bits in (("FloatPixelData", 32), ("DoubleFloatPixelData", 64)):
            if keyword in image:
                swapped = np.frombuffer(image[keyword].value, f"<u{bits // 8}").byteswap()
                image[keyword].value = swapped.tobytes()
        if "PixelData" in image:
            # Words are swapped, of two pixels of eight bits as well as of one of sixteen.
            swapped = np.frombuffer(image.PixelData, "<u2" if image.BitsAllocated < 32 else "<u4")
            image.PixelData = swapped.byteswap().tobytes()
    image.file_meta.TransferSyntaxUID = encoding
    image.save_as(
        path,
        enforce_file_format=True,
        implicit_vr=encoding == ImplicitVRLittleEndian,
        little_endian=encoding != ExplicitVRBigEndian,
    )


def write_parametric_map(
    path: Path, values: np.ndarray, slope: float = 1.0, encoding: UID = ExplicitVRLittleEndian
) -> list[list[float]]:
    """Write a parametric map with highdicom, float or of whole numbers; return its positions."""
    series = write_series(
        path.parent / "source", Placement("source"), len(values), *values.shape[1:]
    )
    sources = sorted(
        (dcmread(file) for file in series.folder.iterdir()), key=lambda image: image.InstanceNumber
    )
    made = hd.pm.ParametricMap(
        sources,
        values,
        series_instance_uid=generate_uid(),
        series_number=9,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Maker",
        manufacturer_model_name="Model",
        software_versions="1",
        device_serial_number="1",
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[
            hd.pm.RealWorldValueMapping(
                lut_label="ADC",
                lut_explanation="diffusion",
                unit=codes.UCUM.SquareMillimeterPerSecond,
                value_range=(0, 4095) if values.dtype.kind in "iu" else (0.0, 1e6),
                slope=slope,
                intercept=0,
            )
        ],
        window_center=1.0,
        window_width=2.0,
    )
    save(made, path, encoding)
    return [list(map(float, source.ImagePositionPatient)) for source in sources]


def write_dose(
    path: Path,
    orientation: Sequence[float],
    offsets: Sequence[float],
    encoding: UID = ExplicitVRLittleEndian,
    **changes: Any,
) -> np.ndarray:
    """Write an RT dose in Gy; return its values in the order of its frames."""
    image = base_image(12, 10)
    for keyword in ("RescaleSlope", "RescaleIntercept", "SliceThickness", "ImageType"):
        delattr(image, keyword)
    stored = np.random.default_rng(1).integers(0, 60000, (len(offsets), 12, 10)).astype("<u4")
    image.SOPClassUID, image.Modality = RTDoseStorage, "RTDOSE"
    image.SOPInstanceUID = generate_uid()
    image.BitsAllocated = image.BitsStored = 32
    image.HighBit, image.PixelRepresentation = 31, 0
    image.NumberOfFrames = len(offsets)
    image.FrameIncrementPointer = 0x3004000C
    image.ImageOrientationPatient = list(orientation)
    image.ImagePositionPatient = [-30.0, 12.5, 7.25]
    image.PixelSpacing = [2.5, 2.0]
    image.GridFrameOffsetVector = list(offsets)
    image.DoseUnits, image.DoseType, image.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    image.DoseGridScaling = "0.001"
    for keyword, value in changes.items():
        setattr(image, keyword, value)
    image.PixelData = stored.tobytes()
    save(image, path, encoding)
    return stored * float(image.DoseGridScaling or 1)


def write_gated_tomography(
    path: Path,
    slots: int = 4,
    slices: int = 5,
    encoding: UID = ExplicitVRLittleEndian,
    **changes: Any,
) -> np.ndarray:
    """Write a reconstructed gated NM tomography; return its values [slot, slice, row, column]."""
    image = base_image(8, 12)
    for keyword in ("RescaleSlope", "RescaleIntercept"):
        delattr(image, keyword)
    stored = np.random.default_rng(2).integers(0, 900, (slots, slices, 8, 12)).astype("<u2")
    image.SOPClassUID, image.Modality = NuclearMedicineImageStorage, "NM"
    image.SOPInstanceUID = generate_uid()
    image.ImageType = ["DERIVED", "PRIMARY", "RECON GATED TOMO", "EMISSION"]
    image.PixelRepresentation = 0
    image.NumberOfFrames = slots * slices
    image.FrameIncrementPointer = [0x00540060, 0x00540070, 0x00540080]
    image.RRIntervalVector = [1] * (slots * slices)
    image.TimeSlotVector = [slot + 1 for slot in range(slots) for _ in range(slices)]
    image.SliceVector = [index + 1 for _ in range(slots) for index in range(slices)]
    image.NumberOfSlices, image.NumberOfTimeSlots, image.NumberOfRRIntervals = slices, slots, 1
    image.SliceThickness, image.SpacingBetweenSlices = 6.5, 6.5
    image.PixelSpacing = [6.5, 6.5]
    image.DetectorInformationSequence = [
        item(ImageOrientationPatient=list(AXIAL), ImagePositionPatient=[-40.0, -30.0, 100.0])
    ]
    for keyword, value in changes.items():
        setattr(image, keyword, value)
    image.PixelData = stored.tobytes()
    save(image, path, encoding)
    return stored


def write_tomosynthesis(
    path: Path, frames: int = 6, encoding: UID = ExplicitVRLittleEndian, *, are_placed: bool = True
) -> np.ndarray:
    """Write a breast tomosynthesis, placed by functional groups or not at all."""
    image = base_image(16, 14)
    for keyword in ("RescaleSlope", "RescaleIntercept", "SliceThickness"):
        delattr(image, keyword)
    stored = np.random.default_rng(3).integers(0, 1000, (frames, 16, 14)).astype("<u2")
    image.SOPClassUID, image.Modality = BreastTomosynthesisImageStorage, "MG"
    image.SOPInstanceUID = generate_uid()
    image.ImageType = ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "NONE"]
    image.PixelRepresentation, image.NumberOfFrames = 0, frames
    image.PresentationLUTShape = "IDENTITY"
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[0.1, 0.1], SliceThickness=1.0)],
        PixelValueTransformationSequence=[
            item(RescaleSlope=1, RescaleIntercept=0, RescaleType="US")
        ],
        FrameAnatomySequence=[item(FrameLaterality="R")],
    )
    per_frame = [Dataset() for _ in range(frames)]
    if are_placed:
        shared.PlaneOrientationSequence = [item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1])]
        for number, frame in enumerate(per_frame):
            frame.PlanePositionSequence = [item(ImagePositionPatient=[-10.0 + number, 0, 0])]
    for number, frame in enumerate(per_frame, start=1):
        frame.FrameContentSequence = [item(InStackPositionNumber=number, StackID="1")]
    image.SharedFunctionalGroupsSequence = [shared]
    image.PerFrameFunctionalGroupsSequence = per_frame
    image.PixelData = stored.tobytes()
    save(image, path, encoding)
    return stored


def write_ultrasound_volume(path: Path, encoding: UID = ExplicitVRLittleEndian) -> None:
    """Write an enhanced ultrasound volume, whose planes lie relative to the transducer."""
    image = base_image(10, 10)
    for keyword in ("RescaleSlope", "RescaleIntercept", "SliceThickness"):
        delattr(image, keyword)
    image.SOPClassUID, image.Modality = EnhancedUSVolumeStorage, "US"
    image.SOPInstanceUID = generate_uid()
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation, image.NumberOfFrames = 7, 0, 4
    image.UltrasoundAcquisitionGeometry = "APEX"
    image.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=[item(PixelSpacing=[0.3, 0.3], SliceThickness=0.5)],
            PlaneOrientationVolumeSequence=[item(ImageOrientationVolume=list(AXIAL))],
        )
    ]
    image.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionVolumeSequence=[item(ImagePositionVolume=[0, 0, 0.5 * number])])
        for number in range(4)
    ]
    image.PixelData = bytes(range(100)) * 4
    save(image, path, encoding)
