"""What one image file says of itself, and of each of its planes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.dicom.series import StoredPixels
from core.dicom.spacing import SpacingSource
from core.dicom.suv import PetFacts

BurnedInText = Literal["yes", "unknown", "no"]
"""Whether text is part of the pixels: stated, likely from the kind of image, or neither."""


@dataclass(frozen=True)
class Plane:
    """One frame of one file.

    Positions and directions in mm, LPS; None where the file gives none. `frame` counts from 1 and
    is None in single-frame files. `volume_keys` holds what may distinguish planes at one position.
    Where no position is known, the other places order the slices: `stated_position` without
    orientation and `slice_location`, both in mm, and `stack_position`, In-Stack Position Number.
    """

    header: "Header"
    frame: int | None
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    pixel_spacing: tuple[float, float] | None
    slice_thickness: float | None
    volume_keys: dict[str, str] = field(default_factory=dict)
    stated_position: tuple[float, ...] | None = None
    slice_location: float | None = None
    stack_position: float | None = None


@dataclass(frozen=True)
class Header:
    """What one image file says of itself, checked and complete.

    `unit` is that of the rescaled values, "" where none is certain; PET is left to `pet`.
    `cautions` say in one sentence each what the file states and what cannot be honoured.
    `stated_numbers` holds how many slices and images there should be, `concatenation` the UID of
    the image that the file is a part of.
    """

    path: Path
    sop_instance_uid: str
    sop_class_uid: str
    study_uid: str
    series_uid: str
    series_key: str
    frame_of_reference_uid: str | None
    modality: str
    patient_name: str
    patient_id: str
    study_description: str
    study_date: str
    series_description: str
    series_number: int | None
    instance_number: int | None
    rows: int
    columns: int
    is_color: bool
    is_inverted: bool
    is_localiser: bool
    burned_in_text: BurnedInText
    has_derived_uids: bool
    spacing_source: SpacingSource
    view: str
    pet: PetFacts | None
    stored: StoredPixels | None
    unit: str = ""
    cautions: tuple[str, ...] = ()
    stated_numbers: dict[str, int] = field(default_factory=dict)
    concatenation: str = ""
    planes: list[Plane] = field(default_factory=list, repr=False)
