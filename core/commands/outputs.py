"""Making sure before the work that its results can be written, and take the place of no image."""

from collections.abc import Sequence
from pathlib import Path

from core.commands.writable import check_writable
from core.dicom.errors import DicomError
from core.dicom.files import NotDicomError, open_header, text_of

_WRITTEN_MODALITIES = ("SEG", "RTSTRUCT")
"""Of DICOM objects that commands write, and may replace."""


def check_outputs(outputs: Sequence[Path], inputs: Sequence[Path] = ()) -> None:
    """Refuse files that cannot be written, or that would take the place of one that is read.

    Parameters
    ----------
    outputs : sequence of Path
        Files to write; they may exist.
    inputs : sequence of Path
        Files that are read.

    Raises
    ------
    ValueError
        If one cannot be used, or is an image: whose it is does not matter.
    """
    taken = {path.resolve() for path in inputs}
    for path in outputs:
        if path.resolve() in taken:
            raise ValueError(f"{path} is read or written already; give the file another name.")
        taken.add(path.resolve())
        check_writable(path)
        if path.is_file() and _is_image(path):
            raise ValueError(f"{path} is a DICOM image; give the file another name.")


def _is_image(path: Path) -> bool:
    """Tell whether a file is DICOM of another kind than what commands write."""
    try:
        header, _ = open_header(path, ("Modality",))
    except NotDicomError:
        return False
    except DicomError:  # DICOM that is damaged may be the only copy of an image
        return True
    return text_of(header, "Modality") not in _WRITTEN_MODALITIES
