"""The demonstration phantom as several patients: moved, larger or smaller, brighter or darker."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import generate_uid
from scipy import ndimage

from core.demo import demo_masks
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary

FIRST, SLICES = 12, 14
"""Slices of the demonstration series that patients have: those through its largest organs."""

_AIR = -1000


@dataclass(frozen=True)
class Patient:
    """A phantom patient.

    Attributes
    ----------
    summary : SeriesSummary
        Of the series.
    folder : pathlib.Path
        Its files.
    masks : dict of str to numpy.ndarray
        bool [slice, row, column] by the labels of `core.demo.LABELS`.
    """

    summary: SeriesSummary
    folder: Path
    masks: dict[str, NDArray[np.bool_]]


def write_patient(
    folder: Path,
    slices: list[Path],
    name: str,
    *,
    shift: tuple[int, int],
    size: float,
    gain: float,
) -> Patient:
    """Write a patient.

    Parameters
    ----------
    folder : pathlib.Path
        Made here.
    slices : list of pathlib.Path
        Files of slices `FIRST` and following of the demonstration series, in position order.
    name : str
        Of the patient; also the identifier.
    shift : tuple of int
        Rows and columns that everything moves by.
    size : float
        How much larger everything is, within slices.
    gain : float
        How much farther from those of water grey values are.
    """
    folder.mkdir(parents=True)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    for path in slices:
        dataset = pydicom.dcmread(path)
        pixels = dataset.pixel_array.astype(np.float32) + float(dataset.RescaleIntercept)
        moved = np.clip(_moved(pixels, shift, size, _AIR) * gain, -1024, 3071)
        dataset.PixelData = (moved - float(dataset.RescaleIntercept)).astype("<u2").tobytes()
        dataset.PatientName, dataset.PatientID = name, name.upper()
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
        dataset.FrameOfReferenceUID = frame
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.save_as(folder / path.name)
    shown = slice(FIRST, FIRST + SLICES)
    masks = {
        label: np.stack(
            [_moved(one.astype(np.float32), shift, size, 0) > 0.5 for one in mask[shown]]
        )
        for label, mask in demo_masks().items()
    }
    return Patient(find_series(folder)[0], folder, masks)


def _moved(
    picture: NDArray[np.float32], shift: tuple[int, int], size: float, outside: float
) -> NDArray[np.float32]:
    middle = (np.array(picture.shape) - 1) / 2
    offset = middle - (middle + shift) / size
    moved: NDArray[np.float32] = ndimage.affine_transform(
        picture, np.full(2, 1 / size), offset, order=1, cval=outside
    )
    return moved
