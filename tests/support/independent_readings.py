"""What programs that are not ours read of a folder of DICOM files.

These are dcm2niix, GDCM in ITK, and highdicom for enhanced images, whose frames GDCM does not place
one by one.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import highdicom
import itk
import nibabel
import numpy as np

_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_SECONDS = 60

# Copies that dcm2niix resamples to even steps or an upright gantry, beside the image as it is.
_RESAMPLED = ("_Eq", "_Tilt")


@dataclass(frozen=True, eq=False)
class ReadVolume:
    """Values [i, j, k], and the 4 × 4 matrix from (i, j, k) to LPS in mm.

    `path` is the file where each was read by itself; None for what was made of a whole folder.
    """

    values: np.ndarray
    matrix: np.ndarray
    path: Path | None = None


def read_by_dcm2niix(program: str, folder: Path) -> list[ReadVolume]:
    """Convert a folder to NIfTI and return every volume of it; none where dcm2niix gives up."""
    with TemporaryDirectory() as output:
        subprocess.run(
            [program, "-b", "n", "-z", "n", "-f", "%s_%p", "-o", output, str(folder)],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        return [
            volume
            for path in sorted(Path(output).glob("*.nii"))
            if not any(mark in path.stem for mark in _RESAMPLED)
            for volume in _volumes_of(path)
        ]


def _volumes_of(path: Path) -> Iterator[ReadVolume]:
    try:
        image = nibabel.load(path)
        assert isinstance(image, nibabel.spatialimages.SpatialImage)
        values = np.asarray(image.dataobj, float)
    except (ValueError, nibabel.spatialimages.HeaderDataError):  # such as an infinite slope
        return
    if not values.size:
        return
    values = values.reshape(*values.shape[:3], -1) if values.ndim > 2 else values[:, :, None, None]
    for number in range(values.shape[3]):
        yield ReadVolume(values[..., number], _RAS_TO_LPS @ image.affine)


def read_by_itk(folder: Path) -> list[ReadVolume]:
    """Read every file by itself, as far as GDCM can."""
    found = []
    for path in sorted(folder.iterdir()):
        reader = itk.ImageFileReader[itk.Image[itk.D, 3]].New(FileName=str(path))
        reader.SetImageIO(itk.GDCMImageIO.New())
        try:
            reader.Update()
        except RuntimeError:
            continue
        image = reader.GetOutput()
        matrix = np.eye(4)
        matrix[:3, :3] = itk.array_from_matrix(image.GetDirection()) * np.array(image.GetSpacing())
        matrix[:3, 3] = image.GetOrigin()
        found.append(ReadVolume(itk.array_from_image(image).transpose(2, 1, 0), matrix, path))
    return found


def read_by_highdicom(folder: Path) -> list[ReadVolume]:
    """Read every multi-frame image by itself, as far as highdicom can."""
    found = []
    for path in sorted(folder.iterdir()):
        try:
            volume = highdicom.imread(path).get_volume(
                apply_real_world_transform=False,
                apply_modality_transform=None,
                apply_presentation_lut=False,
            )
        except Exception:  # an invalid header may raise anything
            continue
        # Its first index counts slices, then rows, then columns.
        matrix = volume.affine[:, [2, 1, 0, 3]]
        found.append(ReadVolume(np.asarray(volume.array).transpose(2, 1, 0), matrix, path))
    return found
