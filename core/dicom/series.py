"""What is known of a series: before its pixels are read, and after."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from core.dicom.geometry import Geometry


@dataclass(frozen=True)
class Window:
    """Range of modality values to show: `width` wide around `center` (PS3.3 C.11.2.1.2)."""

    center: float
    width: float
    name: str = ""


@dataclass(frozen=True)
class StoredPixels:
    """Where a file holds one uncompressed grey frame, which then needs no second parsing.

    Parameters
    ----------
    offset : int
        First byte of the pixels in the file; they are 16-bit numbers in little endian.
    bits_stored : int
        Of the 16, counted from the lowest.
    is_signed : bool
        Whether they are in two's complement.
    photometric_interpretation : str
        MONOCHROME1 or MONOCHROME2.
    slope, intercept : float
        To modality units.
    file_bytes, modified_ns : int
        Size and time of change of the file, which tell whether it still is the same.
    """

    offset: int
    bits_stored: int
    is_signed: bool
    photometric_interpretation: str
    slope: float
    intercept: float
    file_bytes: int
    modified_ns: int


@dataclass(frozen=True)
class SliceRecord:
    """The instance, and in a multi-frame instance the frame, that holds a slice.

    Parameters
    ----------
    sop_instance_uid, sop_class_uid : str
        As in the data set, or as in the file meta where the data set leaves them empty.
    path : pathlib.Path
        The file.
    instance_number : int or None
        InstanceNumber, for people only: slices are ordered by position.
    frame : int or None
        DICOM frame number, from 1; None in a single-frame instance.
    stored : StoredPixels or None
        None where the file has to be parsed again for its pixels.
    """

    sop_instance_uid: str
    sop_class_uid: str
    path: Path
    instance_number: int | None = None
    frame: int | None = None
    stored: StoredPixels | None = None


@dataclass(frozen=True, eq=False)
class SeriesSummary:
    """A stack of slices that belong together, known from the headers alone.

    `uid` identifies the stack and is always a valid UID. It is the SeriesInstanceUID, except for
    parts split off a series and for files that leave the UID empty: these get a UID derived from
    what they hold, the same at every reading. `series_instance_uid` is what a segmentation
    refers to.

    Parameters
    ----------
    files : tuple of pathlib.Path
        Files that hold slices, in the order of the slices, each once.
    records : tuple of SliceRecord
        One per slice, in position order.
    geometry : Geometry
        Placement of the slices.
    problems : tuple of str
        What a person should know before trusting the series, one sentence each.
    damaged : tuple of str
        One sentence per file that belongs to the series and is broken. `read_series` refuses such
        a series unless it may leave these files out.
    inverted : bool
        True where low values are shown bright (MONOCHROME1). The volume keeps its modality units.
    units : str
        Of the values: "HU", "SUVbw" (g/ml), "Bq/ml" or another unit of PET; "" where there is none.
    unit_factor : float
        From the rescaled values of the files to `units`; 1 for all but SUV.
    burned_in_text : {"yes", "unknown", "no"}
        Whether the pixels show text, which may name the patient: the files say so, images of this
        kind often do, or neither.
    """

    uid: str
    study_uid: str
    series_instance_uid: str
    frame_of_reference_uid: str | None
    patient_name: str
    patient_id: str
    study_description: str
    study_date: str
    series_description: str
    series_number: int | None
    modality: str
    slices: int
    rows: int
    columns: int
    pixel_spacing: tuple[float, float]
    slice_spacing: float
    files: tuple[Path, ...]
    records: tuple[SliceRecord, ...]
    geometry: Geometry
    problems: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    inverted: bool = False
    units: str = ""
    unit_factor: float = 1.0
    burned_in_text: Literal["yes", "unknown", "no"] = "no"

    @property
    def kind_of_values(self) -> str:
        """Modality, and for CT whether its values are Hounsfield units.

        Those of an iodine map or of effective atomic numbers compare with no other CT.
        """
        if self.modality == "CT" and self.units != "HU":
            return "CT without Hounsfield units"
        return self.modality


@dataclass(frozen=True, eq=False)
class Series:
    """A series with its pixels.

    Parameters
    ----------
    summary : SeriesSummary
        What the headers say.
    volume : numpy.ndarray, shape (slices, rows, columns)
        Modality units (HU for CT, SUVbw for PET where the header allows it): int16 where rescaled
        values are whole numbers in its range, float32 otherwise. Colour is turned into luminance.
    windows : tuple of Window
        Windows that the file of the middle slice suggests; often one, sometimes none.
    """

    summary: SeriesSummary
    volume: np.ndarray = field(repr=False)
    windows: tuple[Window, ...] = ()

    @property
    def geometry(self) -> Geometry:
        """Placement of the slices."""
        return self.summary.geometry

    @property
    def slices(self) -> tuple[SliceRecord, ...]:
        """One record per slice, in position order."""
        return self.summary.records

    @property
    def inverted(self) -> bool:
        """True where low values are shown bright (MONOCHROME1)."""
        return self.summary.inverted
