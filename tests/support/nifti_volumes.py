"""Volumes as NIfTI, which Slicewise reads for training and does not write."""

from pathlib import Path

import nibabel as nib

from core.dicom.series import Series
from core.formats.nifti_writing import ras_affine


def write_volume(series: Series, path: Path) -> None:
    """Write the volume of a series, in modality units and scanner coordinates."""
    image = nib.Nifti1Image(series.volume.transpose(2, 1, 0), ras_affine(series.geometry))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
