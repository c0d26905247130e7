"""The demonstration series: a torso-like CT phantom, written as DICOM, with its true masks.

Nothing of it comes from a patient. The same code gives the same voxels and UIDs everywhere.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from scipy import ndimage

from core.dicom.uids import derive_uid
from core.home.whole_files import written_whole

SLICES, ROWS, COLUMNS = 48, 256, 256
SPACING = (5.0, 1.5, 1.5)
"""Distance in mm between slices, rows and columns."""

LABELS = ("lungs", "liver", "spleen", "left kidney", "right kidney", "aorta", "spine")
"""Structures that `demo_masks` gives, none of which overlap."""

_SEED = 20
_RESCALE_INTERCEPT = -1024
_NOISE_HU = 11.0
_TEXTURE_HU = 7.0
_WOBBLE_MM = 4.0


@dataclass(frozen=True)
class Phantom:
    """The phantom before it becomes DICOM.

    Parameters
    ----------
    volume : numpy.ndarray of int16, shape (slices, rows, columns)
        HU; slices from the feet upwards, rows from front to back, columns from the patient's right
        to the left.
    masks : dict of str to numpy.ndarray of bool, same shape
        One per label of `LABELS`.
    """

    volume: np.ndarray
    masks: dict[str, np.ndarray]


def demo_masks() -> dict[str, np.ndarray]:
    """Return the true masks of the demonstration series.

    Returns
    -------
    dict of str to numpy.ndarray of bool, shape (slices, rows, columns)
        Keyed by `LABELS`; read-only, in the slice order that reading the series gives.
    """
    return phantom().masks


def write_demo_series(folder: Path) -> Path:
    """Write the demonstration series as CT Image Storage files, one per slice.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is missing; files of an earlier writing are replaced.

    Returns
    -------
    pathlib.Path
        The folder, ready for `core.dicom.reading.find_series`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for index, pixels in enumerate(phantom().volume):
        path = folder / f"slice_{index + 1:03d}.dcm"
        with written_whole(path) as unfinished:
            _instance(index, pixels).save_as(unfinished, enforce_file_format=True)
    return folder


@lru_cache(maxsize=1)
def phantom() -> Phantom:
    """Make the phantom; the first call takes a second or two, later ones none."""
    random = np.random.default_rng(_SEED)
    z, y, x = _wobbly_coordinates(random)
    shapes = _anatomy(z, y, x)
    volume = np.full(x.shape, -1000, np.float32)
    owner = np.zeros(x.shape, np.uint8)
    # Later shapes paint over earlier ones, so that in the end each voxel has one owner.
    for number, (_, shape, hu) in enumerate(shapes, start=1):
        volume[shape] = hu
        owner[shape] = number
    body = owner > 0
    volume = ndimage.gaussian_filter(volume, (0, 0.6, 0.6))
    volume[body] += _smooth_noise(random, x.shape, (1.0, 3.0, 3.0), _TEXTURE_HU)[body]
    volume += _smooth_noise(random, x.shape, (0.0, 0.7, 0.7), _NOISE_HU)
    volume = np.clip(np.rint(volume), _RESCALE_INTERCEPT, 3071).astype(np.int16)
    masks = {
        label: np.isin(
            owner, [n for n, (name, _, _) in enumerate(shapes, start=1) if name == label]
        )
        for label in LABELS
    }
    for array in (volume, *masks.values()):
        array.setflags(write=False)
    return Phantom(volume, masks)


def _wobbly_coordinates(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Patient coordinates in mm, gently deformed so that no outline is a perfect ellipse.

    Returns
    -------
    z, y, x : numpy.ndarray of float32, shape (slices, rows, columns)
        From the feet up; from the middle backwards; from the middle to the patient's left.
    """
    shape = (SLICES, ROWS, COLUMNS)
    z, y, x = np.meshgrid(
        np.arange(SLICES, dtype=np.float32) * SPACING[0],
        (np.arange(ROWS, dtype=np.float32) - (ROWS - 1) / 2) * SPACING[1],
        (np.arange(COLUMNS, dtype=np.float32) - (COLUMNS - 1) / 2) * SPACING[2],
        indexing="ij",
    )
    coarse = (17, 27, 27)
    wobble = [
        ndimage.zoom(
            _smooth_noise(random, coarse, (2.0, 2.0, 2.0), _WOBBLE_MM),
            [size / small for size, small in zip(shape, coarse, strict=True)],
            order=1,
        )
        for _ in range(3)
    ]
    return z + wobble[0], y + wobble[1], x + wobble[2]


def _smooth_noise(
    random: np.random.Generator,
    shape: tuple[int, ...],
    sigma: tuple[float, ...],
    deviation: float,
) -> np.ndarray:
    noise = ndimage.gaussian_filter(random.standard_normal(shape, dtype=np.float32), sigma)
    return noise * np.float32(deviation / noise.std())


def _ellipsoid(
    z: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    center: tuple[float, float, float],
    radii: tuple[float, float, float],
) -> np.ndarray:
    """Relative distance from a centre (x, y, z in mm): 1 on the surface."""
    return np.sqrt(
        ((x - center[0]) / radii[0]) ** 2
        + ((y - center[1]) / radii[1]) ** 2
        + ((z - center[2]) / radii[2]) ** 2
    )


def _column(
    y: np.ndarray,
    x: np.ndarray,
    center_x: float,
    center_y: float,
    radius_x: float,
    radius_y: float,
) -> np.ndarray:
    """Relative distance from a line along the body: 1 on the surface."""
    return np.hypot((x - center_x) / radius_x, (y - center_y) / radius_y)


def _anatomy(z: np.ndarray, y: np.ndarray, x: np.ndarray) -> list[tuple[str, np.ndarray, float]]:
    """Name, shape and HU of every structure, from the outside in."""
    ellipsoid, column = partial(_ellipsoid, z, y, x), partial(_column, y, x)
    outline = column(0, 0, 163, 112)
    muscle = outline < 0.88 + 0.03 * np.cos(2 * np.arctan2(y, x))
    cavity = outline < 0.76
    chest = column(0, -5, 122, 86) + np.clip((124 - z) / 80, -0.1, 2)
    rib_plane = np.cos(2 * np.pi * (z + 0.35 * y) / 30)
    ribs = (np.abs(outline - 0.8) < 0.022) & (rib_plane > 0.45) & (z > 70) & (np.abs(x) > 35)
    lungs = (chest < 0.88) & (np.abs(x - 6) > 26 + 6 * np.cos(z / 40)) & cavity
    heart = ellipsoid((24, -26, 190), (48, 40, 52)) < 1
    liver = (
        np.minimum(ellipsoid((-56, -6, 98), (68, 66, 62)), ellipsoid((8, -38, 112), (58, 32, 34)))
        < 1
    ) & cavity
    stomach = (ellipsoid((62, -36, 100), (38, 30, 36)) < 1) & cavity
    bowel = (
        (np.cos(x / 11) + np.cos((y + z / 3) / 10) + np.cos(z / 17) > 0.2)
        & (column(0, -28, 98, 42) < 1)
        & (z < 78)
    )
    vertebra = np.cos(2 * np.pi * z / 32)
    vertebral_body = column(0, 56, 21, 16) < 1 + 0.06 * vertebra
    arch = (column(0, 82, 17, 15) < 1) | ((np.abs(x) < 4) & (np.abs(y - 100) < 12))
    transverse = (np.abs(y - 82) < 5) & (np.abs(x) < 38) & (vertebra > 0.2)
    kidneys = {
        side: (
            ellipsoid((sign * 62, 44, height), (25, 27, 50)) < 1,
            ellipsoid((sign * 50, 44, height), (15, 9, 20)) < 1,
        )
        for side, sign, height in (("left", 1, 66.0), ("right", -1, 54.0))
    }
    aorta_x, aorta_y = 16 + 7 * np.sin(z / 75), 31 + 4 * np.cos(z / 60)
    aorta = np.hypot(x - aorta_x, y - aorta_y) < 11 + z / 80
    return [
        ("fat", outline < 1, -100),
        ("muscle", muscle, 55),
        ("visceral fat", cavity, -95),
        ("ribs", ribs, 420),
        ("lungs", lungs, -840),
        ("heart", heart & cavity, 120),
        ("bowel", bowel & cavity, 35),
        ("stomach", stomach, 25),
        ("stomach gas", stomach & (y < -50), -900),
        ("spleen", (ellipsoid((96, 26, 112), (26, 42, 46)) < 1) & cavity, 118),
        ("liver", liver, 105),
        ("left kidney", kidneys["left"][0], 165),
        ("right kidney", kidneys["right"][0], 165),
        ("renal sinus", kidneys["left"][1] & kidneys["left"][0], -60),
        ("renal sinus", kidneys["right"][1] & kidneys["right"][0], -60),
        ("vena cava", column(-20, 26, 12, 9) < 1, 130),
        ("spine", (vertebral_body | arch | transverse) & (outline < 0.95), 330),
        ("spinal canal", column(0, 80, 8.5, 7.5) < 1, 30),
        ("aorta", aorta, 175),
    ]


def _instance(index: int, pixels: np.ndarray) -> Dataset:
    """Build one CT image (PS3.3 A.3) of the phantom."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = derive_uid("demonstration", _SEED, "instance", index)
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = "20260101"
    dataset.AcquisitionDate = "20260101"
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = "120000"
    dataset.AcquisitionTime = "120000"
    dataset.AccessionNumber = ""
    dataset.Modality = "CT"
    dataset.Manufacturer = "Slicewise"
    dataset.ManufacturerModelName = "Demonstration phantom"
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = "Demonstration"
    dataset.SeriesDescription = "Torso phantom"
    dataset.PatientName = "Demonstration^Phantom"
    dataset.PatientID = "DEMONSTRATION"
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "O"
    dataset.BodyPartExamined = "ABDOMEN"
    dataset.SliceThickness = SPACING[0]
    dataset.KVP = "120"
    dataset.PatientPosition = "HFS"
    dataset.StudyInstanceUID = derive_uid("demonstration", _SEED, "study")
    dataset.SeriesInstanceUID = derive_uid("demonstration", _SEED, "series")
    dataset.StudyID = "1"
    dataset.SeriesNumber = 1
    dataset.AcquisitionNumber = 1
    dataset.InstanceNumber = index + 1
    dataset.ImagePositionPatient = [
        -(COLUMNS - 1) / 2 * SPACING[2],
        -(ROWS - 1) / 2 * SPACING[1],
        index * SPACING[0],
    ]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.FrameOfReferenceUID = derive_uid("demonstration", _SEED, "frame of reference")
    dataset.PositionReferenceIndicator = ""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.PixelSpacing = [SPACING[1], SPACING[2]]
    dataset.BitsAllocated = 16
    dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelRepresentation = 0
    dataset.WindowCenter = [50, -500]
    dataset.WindowWidth = [400, 1500]
    dataset.WindowCenterWidthExplanation = ["Soft tissue", "Lung"]
    dataset.RescaleIntercept = _RESCALE_INTERCEPT
    dataset.RescaleSlope = 1
    dataset.RescaleType = "HU"
    dataset.PixelData = (pixels - _RESCALE_INTERCEPT).astype("<u2").tobytes()
    return dataset
