"""Segments: what is being annotated, its DICOM codes, and its colour on the screen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.segments.overlap_rules import OverlapRule
from core.segments.palette import COLORS

MAX_LABEL_LENGTH = 64
"""Segment Label (0062,0005) is a Long String, 64 characters (PS3.5 section 6.2)."""

MAX_MEANING_LENGTH = 64
"""Code Meaning (0008,0104) is a Long String as well."""

MAX_SEGMENT_NUMBER = 65535
"""Segment Number (0062,0004) is an unsigned 16-bit integer (PS3.3 section C.8.20.4)."""


@dataclass(frozen=True)
class Code:
    """A coded concept, the triplet of PS3.3 section 8.8.

    Attributes
    ----------
    value : str
        Code Value, such as ``"10200004"``; above 16 characters a Long Code Value, or a URN.
    scheme : str
        Coding Scheme Designator, ``"SCT"`` for SNOMED CT; a URN may do without.
    meaning : str
        Code Meaning, such as ``"Liver"``.

    Raises
    ------
    ValueError
        If a part is empty or longer than DICOM allows.
    """

    value: str
    scheme: str
    meaning: str

    def __post_init__(self) -> None:
        _check_text(self.value, "The value of a code")
        if self.scheme or not self.is_urn:
            _check_text(self.scheme, "The scheme of a code", 16)
        _check_text(self.meaning, "The meaning of a code", MAX_MEANING_LENGTH)

    @property
    def is_urn(self) -> bool:
        """Whether the value is a URN or URL, which names its scheme itself."""
        return self.value.startswith("urn:") or "://" in self.value


@dataclass(frozen=True)
class Region:
    """A part of the body, with what modifies its code, such as a side.

    Attributes
    ----------
    code : Code
        Such as Lung.
    modifiers : tuple of Code
        Such as Left.
    """

    code: Code
    modifiers: tuple[Code, ...] = ()


@dataclass(frozen=True)
class SegmentDetails:
    """What a file says of a segment beyond its name and type (PS3.3 C.8.20.4); kept as it is.

    Attributes
    ----------
    description : str
        Segment Description.
    tracking_id, tracking_uid : str
        Which finding it is among several examinations: both or neither.
    further_modifiers : tuple of Code
        Of the type, behind the first.
    regions : tuple of Region
        Anatomic Region Sequence.
    structures : tuple of Region
        Primary Anatomic Structure Sequence.
    algorithm_name, algorithm_version : str
        What made the masks, where that was another program.
    """

    description: str = ""
    tracking_id: str = ""
    tracking_uid: str = ""
    further_modifiers: tuple[Code, ...] = ()
    regions: tuple[Region, ...] = ()
    structures: tuple[Region, ...] = ()
    algorithm_name: str = ""
    algorithm_version: str = ""


@dataclass(frozen=True)
class Segment:
    """One structure being annotated.

    Attributes
    ----------
    number : int
        Counted from 1; never changes.
    label : str
        Name for people, at most 64 characters.
    color : tuple of int
        Red, green, blue, each 0 to 255.
    category : Code
        Segmented Property Category, such as Anatomical Structure.
    type : Code
        Segmented Property Type, such as Liver.
    overlap : OverlapRule
        What drawing with it does to other segments.
    type_modifier : Code or None
        Segmented Property Type Modifier, such as the side of a paired organ.
    details : SegmentDetails
        What else the file says that it came from.

    Raises
    ------
    ValueError
        If the number, label or colour is not one that DICOM can hold.
    """

    number: int
    label: str
    color: tuple[int, int, int]
    category: Code
    type: Code
    overlap: OverlapRule = OverlapRule.UNLOCKED
    type_modifier: Code | None = None
    details: SegmentDetails = SegmentDetails()

    @property
    def exclusive(self) -> bool:
        """Whether a pixel of this segment belongs to no other exclusive segment."""
        return self.overlap is not OverlapRule.ALLOW

    def __post_init__(self) -> None:
        if not 1 <= self.number <= MAX_SEGMENT_NUMBER:
            raise ValueError(f"A segment number lies between 1 and {MAX_SEGMENT_NUMBER}.")
        _check_text(self.label, "The name of a segment", MAX_LABEL_LENGTH)
        if len(self.color) != 3 or not all(0 <= part <= 255 for part in self.color):
            raise ValueError("A colour is three numbers (red, green, blue) between 0 and 255.")


def default_color(number: int) -> tuple[int, int, int]:
    """Colour of a new segment: those of `core.segments.palette` in order, then again.

    Parameters
    ----------
    number : int
        Segment number, counted from 1.

    Returns
    -------
    tuple of int
        Red, green, blue, each 0 to 255.
    """
    return COLORS[(number - 1) % len(COLORS)]


def distinct_names(segments: Sequence[Segment]) -> dict[int, str]:
    """Names of segments that tell them apart, by number.

    Parameters
    ----------
    segments : sequence of Segment
        All that are shown together.

    Returns
    -------
    dict
        The label, with the number behind it where several segments have the same one.
    """
    uses = Counter(segment.label.casefold() for segment in segments)
    return {
        segment.number: segment.label
        if uses[segment.label.casefold()] == 1
        else f"{segment.label} ({segment.number})"
        for segment in segments
    }


def _check_text(text: str, what: str, longest: int | None = None) -> None:
    """Raise ValueError unless DICOM can hold `text` (PS3.5 section 6.2: SH and LO)."""
    if not text.strip():
        raise ValueError(f"{what} must not be blank.")
    if longest is not None and len(text) > longest:
        raise ValueError(f"{what} may have {longest} characters at most; this one has {len(text)}.")
    if "\\" in text or any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError(f"{what} may contain neither backslashes nor control characters.")
