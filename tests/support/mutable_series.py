"""Sound series of several kinds, kept in memory so that their headers can be mutated."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    ImplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    RLELossless,
)

from tests.support.synthetic_series import (
    CORONAL,
    OBLIQUE,
    SAGITTAL,
    Placement,
    write_enhanced,
    write_series,
)

Images = list[Dataset]
"""The images of a series, in position order."""

SLICES = 7
ROWS, COLUMNS = 12, 18


def _ct(folder: Path) -> None:
    placement = Placement("ct", pixel_spacing=(0.75, 0.5), step=2.5)
    _write(folder, placement, PixelRepresentation=0, RescaleIntercept=-1024, BitsStored=12)


def _ct_descending(folder: Path) -> None:
    placement = Placement("ct", step=1.25, descending=True)
    _write(folder, placement, RescaleSlope=1, RescaleIntercept=0, RescaleType="HU")


def _mr_oblique(folder: Path) -> None:
    _write_mr(folder, Placement("oblique", orientation=OBLIQUE, step=3.3))


def _mr_sagittal(folder: Path) -> None:
    _write_mr(folder, Placement("sagittal", orientation=SAGITTAL, pixel_spacing=(0.5, 0.9)))


def _mr_coronal_implicit(folder: Path) -> None:
    _write_mr(folder, Placement("coronal", orientation=CORONAL, step=4.0))
    for path in folder.iterdir():
        image = dcmread(path)
        image.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        image.save_as(path, implicit_vr=True, little_endian=True)


def _pet(folder: Path) -> None:
    changes: dict[str, Any] = {
        "SOPClassUID": PositronEmissionTomographyImageStorage,
        "Modality": "PT",
        "Units": "GML",
        "PixelRepresentation": 0,
    }
    _write(folder, Placement("pet", pixel_spacing=(4.0, 4.0), step=3.0), **changes)
    for number, path in enumerate(sorted(folder.iterdir())):
        image = dcmread(path)
        image.RescaleSlope = 0.25 + number / 8
        image.save_as(path)


def _mr_two_echoes(folder: Path) -> None:
    placement = Placement("echoes", orientation=OBLIQUE, step=3.0)
    _write_mr(folder, placement, EchoTime=10.0, EchoNumbers=1)
    random = np.random.default_rng(6)
    for path in sorted(folder.iterdir()):
        image = dcmread(path)
        image.SOPInstanceUID += ".2"
        image.EchoTime, image.EchoNumbers = 80.0, 2
        image.InstanceNumber += SLICES
        image.PixelData = random.integers(0, 4000, (ROWS, COLUMNS)).astype("<u2").tobytes()
        image.save_as(path.with_name(f"second-{path.name}"))


def _ct_run_lengths(folder: Path) -> None:
    _ct(folder)
    for path in folder.iterdir():
        image = dcmread(path)
        image.compress(RLELossless, generate_instance_uid=False)
        image.save_as(path)


def _mr_one_slice(folder: Path) -> None:
    _write_mr(folder, Placement("one", orientation=OBLIQUE, step=5.0), slices=1)


def _enhanced_mr(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_enhanced(folder / "enhanced", Placement("enhanced", orientation=OBLIQUE, step=2.5))


def _write_mr(folder: Path, placement: Placement, slices: int = SLICES, **changes: Any) -> None:
    kind = {"SOPClassUID": MRImageStorage, "Modality": "MR", "PixelRepresentation": 0}
    _write(folder, placement, slices, **{**kind, "EchoTime": 30.0, **changes})
    for path in folder.iterdir():
        image = dcmread(path)
        del image.RescaleSlope, image.RescaleIntercept
        image.save_as(path)


def _write(folder: Path, placement: Placement, slices: int = SLICES, **changes: Any) -> None:
    """Write a series whose values are in the range of the bits stored."""
    write_series(folder, placement, slices, ROWS, COLUMNS, **changes)
    random = np.random.default_rng(5)
    for path in sorted(folder.iterdir()):
        image = dcmread(path)
        values = random.integers(0, 4000, (ROWS, COLUMNS)).astype("<u2")
        image.PixelData = values.tobytes()
        image.HighBit = image.BitsStored - 1
        image.SpacingBetweenSlices = placement.step
        image.SliceThickness = placement.step
        image.SliceLocation = round(float(image.InstanceNumber) * placement.step, 3)
        image.save_as(path)


KINDS: dict[str, Callable[[Path], None]] = {
    "CT": _ct,
    "CT, descending": _ct_descending,
    "MR, oblique": _mr_oblique,
    "MR, sagittal": _mr_sagittal,
    "MR, coronal, implicit VR": _mr_coronal_implicit,
    "PET": _pet,
    "MR, two echoes": _mr_two_echoes,
    "CT, run lengths": _ct_run_lengths,
    "MR, one slice": _mr_one_slice,
    "enhanced MR": _enhanced_mr,
}
"""Writers of the series, each to a folder."""


def images_of(kind: str) -> Images:
    """Return the images of a series, in position order; anew at every call."""
    images: Images = [dcmread(BytesIO(content)) for content in _files_of(kind)]
    if len(images) == 1:
        return images
    normal = np.cross(*np.reshape(images[0].ImageOrientationPatient, (2, 3)).astype(float))
    return sorted(images, key=lambda image: float(normal @ np.array(image.ImagePositionPatient)))


@cache
def _files_of(kind: str) -> tuple[bytes, ...]:
    with TemporaryDirectory() as folder:
        KINDS[kind](Path(folder) / "series")
        paths = sorted((Path(folder) / "series").iterdir())
        return tuple(path.read_bytes() for path in paths)
