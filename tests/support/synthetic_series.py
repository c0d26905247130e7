"""Small DICOM series of any placement, written with pydicom alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    generate_uid,
)

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
OBLIQUE = (0.925417, 0.336824, -0.173648, -0.377203, 0.862709, -0.336824)


@dataclass
class Placement:
    """Where the slices of a synthetic series lie, and in which order its files count them."""

    name: str
    orientation: tuple[float, ...] = AXIAL
    pixel_spacing: tuple[float, float] = (0.75, 0.75)
    step: float = 2.5
    origin: tuple[float, float, float] = (-31.25, 17.5, -103.125)
    descending: bool = False
    shear: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def normal(self) -> np.ndarray:
        normal = np.cross(self.orientation[:3], self.orientation[3:])
        return normal / np.linalg.norm(normal)

    def position(self, index: int) -> list[float]:
        step = self.normal * self.step + np.array(self.shear)
        return [round(float(value), 6) for value in np.array(self.origin) + index * step]


PLACEMENTS = [
    Placement("axial"),
    Placement("descending", descending=True),
    Placement("sagittal", orientation=SAGITTAL),
    Placement("coronal", orientation=CORONAL, step=1.0),
    Placement("oblique", orientation=OBLIQUE, step=3.3),
    Placement("anisotropic", pixel_spacing=(0.5, 1.25), step=6.0),
    Placement("tilted", shear=(0.0, 0.6, 0.0)),
]


@dataclass
class SyntheticSeries:
    """What was written, in position order."""

    folder: Path
    placement: Placement
    volume: np.ndarray
    sop_instance_uids: list[str] = field(default_factory=list)


def base_image(rows: int, columns: int, seed: int = 0) -> Dataset:
    """A CT image without pixels and place: what every image of a series shares."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CTImageStorage
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.PatientName = "Synthetic^Series"
    dataset.PatientID = "SYNTHETIC"
    dataset.PatientBirthDate = ""
    dataset.PatientSex = ""
    dataset.StudyDate = "20260102"
    dataset.StudyTime = "101112"
    dataset.StudyID = "S1"
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.Modality = "CT"
    dataset.SeriesNumber = 4
    dataset.SeriesDescription = "Synthetic"
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=["study", str(seed)])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=["series", str(seed)])
    dataset.FrameOfReferenceUID = generate_uid(entropy_srcs=["frame", str(seed)])
    dataset.PositionReferenceIndicator = ""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 1
    dataset.RescaleSlope = 1
    dataset.RescaleIntercept = 0
    dataset.SliceThickness = 2
    return dataset


def write_series(
    folder: Path,
    placement: Placement,
    slices: int = 9,
    rows: int = 24,
    columns: int = 40,
    seed: int = 0,
    skip: Sequence[int] = (),
    **changes: Any,
) -> SyntheticSeries:
    """Write a single-frame series; file names say nothing of the order.

    `skip` leaves slices out; `changes` are set on every image.
    """
    random = np.random.default_rng(seed)
    volume = random.integers(-1000, 1500, (slices, rows, columns), dtype=np.int16)
    kept = [index for index in range(slices) if index not in skip]
    names = random.permutation(slices)
    written = SyntheticSeries(folder, placement, volume[kept])
    folder.mkdir(parents=True, exist_ok=True)
    for index in kept:
        image = base_image(rows, columns, seed)
        image.SOPInstanceUID = generate_uid(entropy_srcs=[str(seed), placement.name, str(index)])
        image.InstanceNumber = slices - index if placement.descending else index + 1
        image.ImageOrientationPatient = list(placement.orientation)
        image.ImagePositionPatient = placement.position(index)
        image.PixelSpacing = list(placement.pixel_spacing)
        image.PixelData = volume[index].astype("<i2").tobytes()
        for keyword, value in changes.items():
            setattr(image, keyword, value)
        image.save_as(folder / f"IM{names[index]:04d}", enforce_file_format=True)
        written.sop_instance_uids.append(str(image.SOPInstanceUID))
    return written


def write_enhanced(
    path: Path, placement: Placement, slices: int = 6, volumes: int = 1, seed: int = 0
) -> np.ndarray:
    """Write an enhanced MR image whose frames are in no useful order.

    Returns the values, shape (volumes, slices, rows, columns), in position order.
    """
    rows, columns = 20, 28
    random = np.random.default_rng(seed)
    values = random.integers(0, 2000, (volumes, slices, rows, columns), dtype=np.int16)
    image = base_image(rows, columns, seed)
    image.SOPClassUID = EnhancedMRImageStorage
    image.Modality = "MR"
    image.SOPInstanceUID = generate_uid(entropy_srcs=[str(seed), "enhanced"])
    image.InstanceNumber = 1
    for keyword in ("RescaleSlope", "RescaleIntercept", "SliceThickness"):
        delattr(image, keyword)
    order = [(v, s) for v in range(volumes) for s in range(slices)]
    random.shuffle(order)
    shared = Dataset()
    shared.PixelMeasuresSequence = [_item(PixelSpacing=[0.9, 0.9], SliceThickness=2.5)]
    shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=list(placement.orientation))]
    shared.PixelValueTransformationSequence = [
        _item(RescaleSlope=2, RescaleIntercept=-5, RescaleType="US")
    ]
    image.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for volume, index in order:
        frame = Dataset()
        frame.PlanePositionSequence = [_item(ImagePositionPatient=placement.position(index))]
        frame.FrameContentSequence = [_item(TemporalPositionIndex=volume + 1)]
        frames.append(frame)
    image.PerFrameFunctionalGroupsSequence = frames
    image.NumberOfFrames = len(order)
    image.PixelData = b"".join(values[one].astype("<i2").tobytes() for one in order)
    image.save_as(path, enforce_file_format=True)
    return values.astype(np.int32) * 2 - 5


def _item(**attributes: Any) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def write_images(folder: Path, changes: Sequence[dict[str, Any]], seed: int = 0) -> None:
    """Write one axial image of a single series for each set of attributes to change."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    for number, attributes in enumerate(changes, start=1):
        image = base_image(20, 28, seed)
        image.SOPInstanceUID = generate_uid(entropy_srcs=[str(seed), "image", str(number)])
        image.InstanceNumber = number
        image.ImageOrientationPatient = list(AXIAL)
        image.ImagePositionPatient = [0, 0, 2.5 * number]
        image.PixelSpacing = [0.75, 0.75]
        image.PixelData = random.integers(0, 900, (20, 28), dtype=np.int16).tobytes()
        for keyword, value in attributes.items():
            if value is None:
                image.pop(keyword, None)
            else:
                setattr(image, keyword, value)
        image.save_as(folder / f"image{number:03d}", enforce_file_format=True)


def by_position(folder: Path) -> list[Dataset]:
    """Images of a folder in position order, by pydicom alone."""
    images = [dcmread(path, force=True) for path in folder.iterdir()]
    normal = np.cross(*np.reshape(images[0].ImageOrientationPatient, (2, 3)).astype(float))
    return sorted(images, key=lambda image: float(normal @ np.array(image.ImagePositionPatient)))
