"""Labelled scans, wherever they come from, before they become tasks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Structure:
    """One structure of a scan.

    Attributes
    ----------
    read : callable
        Gives its mask, bool, in the shape of the scan's image; called when needed, because all
        masks of a scan can be larger than memory.
    everywhere : bool
        Whether it is outlined on all slices it is on. Otherwise slices without a mask say nothing.
    """

    read: Callable[[], NDArray[np.bool_]]
    everywhere: bool = True


@dataclass(frozen=True, eq=False)
class LabelledScan:
    """A volume and what is outlined in it.

    Attributes
    ----------
    image : ndarray
        Three axes in any order, in modality units.
    affine : ndarray, shape (4, 4)
        From indices to mm, RAS, as in NIfTI.
    across : int
        The axis across the acquired slices.
    modality : str
        DICOM Modality (0008,0060).
    structures : mapping of str to Structure
        By label.
    """

    image: NDArray[np.generic]
    affine: NDArray[np.float64]
    across: int
    modality: str
    structures: Mapping[str, Structure]


@dataclass(frozen=True, eq=False)
class FoundScan:
    """A labelled scan that can be read.

    Attributes
    ----------
    data_set : str
        What it belongs to.
    patient, name : str
        What the source calls the patient, and the scan among the patient's. Never written.
    files : tuple of Path
        All it is made of.
    read : callable
        Gives the scan; raises ValueError or OSError where that is impossible.
    """

    data_set: str
    patient: str
    name: str
    files: tuple[Path, ...]
    read: Callable[[], LabelledScan] = field(repr=False)
