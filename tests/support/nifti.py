from pathlib import Path

import nibabel


def load_nifti(path: Path) -> nibabel.Nifti1Image:
    """Open a NIfTI file, which must be one."""
    image = nibabel.load(path, mmap=False)
    assert isinstance(image, nibabel.Nifti1Image)
    return image
