"""Opening one DICOM file without trusting it.

pydicom parses; this module decides beforehand whether a file is worth parsing, keeps memory
bounded, and turns whatever a broken file makes a parser raise into one sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

import pydicom
from pydicom._uid_dict import UID_dictionary
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset, FileDataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from core.dicom.bounded_reading import BoundedReader
from core.dicom.budgets import MAX_VALUE_BYTES
from core.dicom.errors import DicomError
from core.dicom.shown_names import printable

_PREAMBLE_BYTES = 128
_UNDEFINED_LENGTH = 0xFFFFFFFF
_LONG_LENGTH_VRS = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"UN")

# Values of these are converted without looking at other elements.
_REPEATED_VRS = frozenset(
    ["AS", "CS", "DA", "DS", "DT", "FD", "IS", "LO", "PN", "SH", "TM", "UI", "UL", "US"]
)
_REPEATED_BYTES = 256

# Values of these become objects, many times as large as they are in the file.
_LISTED_VRS = frozenset(["AT", "FD", "FL", "SL", "SS", "UL", "US", *_REPEATED_VRS])
_CHARACTER_SET_TAG = 0x00080005
_PIXEL_DATA_TAG = (0x7FE0, 0x0010)

# First bytes of files without preamble: an element of group 2 or 8, little or big endian.
_BARE_BEGINNINGS = (b"\x02\x00", b"\x08\x00", b"\x00\x02", b"\x00\x08")
_ZIP_BEGINNING = b"PK\x03\x04"

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")

# Always read: without preamble, a file that has neither is no image.
_TELLING_TAGS = ("SOPClassUID", "Rows")


class NotDicomError(DicomError):
    """The file is no DICOM file at all, so it can be passed over.

    `kind` names what may hold images nevertheless, as in a count of such files; "" for the rest.
    """

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class PixelDataElement:
    """Where the pixel data of a file begins, and how long its header claims it to be.

    `length` is None for encapsulated (compressed) pixel data, which states no length, and in a
    deflated data set; `available` is what the file holds from `offset` on, or all of a deflated
    data set. All in bytes; `is_integer` is False for floating point pixel data.
    """

    length: int | None
    available: int
    offset: int = 0
    is_integer: bool = True
    is_deflated: bool = False

    @property
    def is_encapsulated(self) -> bool:
        """True where each frame is an item of its own."""
        return self.length is None and not self.is_deflated

    @property
    def is_cut(self) -> bool:
        """True where the file ends before its pixel data does."""
        return self.length is not None and self.length > self.available


def file_label(path: Path) -> str:
    """Name a file in a message: its folder and its name."""
    return printable(f"{path.parent.name}/{path.name}" if path.parent.name else path.name)


def open_header(
    path: Path, tags: Sequence[str] | None = None
) -> tuple[FileDataset, PixelDataElement | None]:
    """Read a file up to its pixel data.

    Parameters
    ----------
    path : pathlib.Path
        The file; its name does not matter.
    tags : sequence of str, optional
        Keywords to read; all others are skipped without being loaded.

    Returns
    -------
    header : pydicom.dataset.FileDataset
        The data set, with a transfer syntax in its file meta even where the file has none.
    pixel_data : PixelDataElement or None
        None where the file holds no pixel data, or is cut before it.

    Raises
    ------
    NotDicomError
        When the file is something else than DICOM.
    DicomError
        When it is DICOM and cannot be parsed.
    """
    return _read(path, header_only=True, tags=tags)


def open_file(path: Path) -> FileDataset:
    """Read a whole file.

    Raises
    ------
    NotDicomError
        When the file is something else than DICOM.
    DicomError
        When it is DICOM and cannot be parsed.
    """
    return _read(path, header_only=False, tags=None)[0]


def value_of(dataset: Dataset, keyword: str) -> object:
    """Return an attribute's value, or None where it is missing, empty or not parseable."""
    tag = _tag_of(keyword)
    try:
        element = dataset.get_item(tag)
        if element is None or _is_too_long(element):
            return None
        value = (
            _repeated_value(dataset, element)
            if isinstance(element, RawDataElement)
            and element.length <= _REPEATED_BYTES
            and (element.VR or _usual_vr(tag)) in _REPEATED_VRS
            else dataset[tag].value
        )
    except Exception:  # pydicom converts on access; a broken value may raise anything
        return None
    return None if value is None or value == "" else value


def name_of(uid: str) -> str:
    """Return the standard's name of a UID, "" for any other: that might be anything at all."""
    return UID(uid).name if uid in UID_dictionary else ""


def text_of(dataset: Dataset, keyword: str) -> str:
    """Return an attribute as text without surrounding blanks, "" where there is none."""
    value = value_of(dataset, keyword)
    return "" if value is None else str(value).strip().strip("\0")


def number_of(dataset: Dataset, keyword: str) -> float | None:
    """Return an attribute as one finite number; None where it is missing or is none."""
    numbers = numbers_of(dataset, keyword)
    # Some writers repeat a value; different values where one belongs say nothing.
    return numbers[0] if len(set(numbers)) == 1 else None


def integer_of(dataset: Dataset, keyword: str) -> int | None:
    """Return an attribute as a whole number; None where it is missing or is none."""
    number = number_of(dataset, keyword)
    return None if number is None else int(number)


def numbers_of(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """Return an attribute's finite numbers; empty where any of its values is none.

    Text is read whatever its VR, with a comma for the decimal point where it can mean nothing else.
    """
    value = value_of(dataset, keyword)
    if value is None:
        return ()
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    if isinstance(value, str):
        value = value.split("\\")
    values = [value] if isinstance(value, int | float) else value
    try:
        numbers = tuple(map(_number, values))  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return ()
    # NaN and infinity fail this comparison, and so do values no scanner writes.
    return numbers if all(abs(number) < 1e12 for number in numbers) else ()


def _number(value: object) -> float:
    """Convert one value; a comma is a decimal point unless it may separate thousands."""
    if not isinstance(value, str):
        return float(value)  # type: ignore[arg-type]
    text = value.strip(" \0")
    if _DECIMAL_COMMA.fullmatch(text) and not _THOUSANDS.fullmatch(text):
        text = text.replace(",", ".")
    return float(text)


def is_stated(dataset: Dataset, keyword: str) -> bool:
    """Return whether an attribute holds anything but blanks, be it understood or not.

    Nulls alone are something: padding takes one at most, and the rest stands for a lost value.
    """
    element = dataset.get_item(_tag_of(keyword))
    if isinstance(element, RawDataElement):
        return bool((element.value or b"").strip(b" "))
    value = value_of(dataset, keyword)
    if isinstance(value, str):
        return bool(value.strip(" \0"))
    return value is not None and value != b""


def items_of(dataset: Dataset, keyword: str) -> Sequence[Dataset]:
    """Return the items of a sequence; empty where it is missing or something else."""
    value = value_of(dataset, keyword)
    return value if isinstance(value, pydicom.Sequence) else ()


def _is_too_long(element: RawDataElement | DataElement) -> bool:
    """Tell whether a value would become a list of far more than any header needs."""
    if not isinstance(element, RawDataElement) or element.length <= MAX_VALUE_BYTES:
        return False
    vr = _usual_vr(element.tag) if element.VR in (None, "UN") else element.VR
    return vr in _LISTED_VRS


def _repeated_value(dataset: Dataset, element: RawDataElement) -> object:
    """Convert a value, unless one of the files before held the same: in a series, most do."""
    encoding = dataset.original_character_set
    if not encoding or element.tag == _CHARACTER_SET_TAG:
        return dataset[element.tag].value
    return _converted_value(
        element.tag,
        element.VR or _usual_vr(element.tag),
        element.value,
        element.is_little_endian,
        encoding if isinstance(encoding, str) else tuple(encoding),
    )


@lru_cache(maxsize=1024)
def _converted_value(
    tag: BaseTag,
    vr: str | None,
    value: bytes | None,
    is_little_endian: bool,
    encoding: str | tuple[str, ...],
) -> object:
    length = 0 if value is None else len(value)
    element = RawDataElement(tag, vr, length, value, 0, False, is_little_endian)
    return convert_raw_data_element(
        element, encoding=encoding if isinstance(encoding, str) else list(encoding)
    ).value


@cache
def _usual_vr(tag: BaseTag) -> str:
    """Return the VR that the standard gives a tag, which implicit VR leaves out."""
    return "UN" if tag.is_private else dictionary_VR(tag)


@cache
def _tag_of(keyword: str) -> BaseTag:
    return Tag(keyword)


@cache
def _tags_of(keywords: tuple[str, ...]) -> list[BaseTag | int]:
    return [_tag_of(keyword) for keyword in (*keywords, *_TELLING_TAGS)]


def _read(
    path: Path, *, header_only: bool, tags: Sequence[str] | None
) -> tuple[FileDataset, PixelDataElement | None]:
    try:
        with BoundedReader(path.open("rb", buffering=0), file_label(path)) as file:
            return _parse(file, path, header_only, tags)
    except DicomError:
        raise
    except OSError as error:
        raise DicomError(
            f"{file_label(path)} cannot be opened: {error.strerror or error}."
        ) from error
    except Exception as error:  # a mutated file can make the parser raise nearly anything
        if not _has_preamble(path):
            raise NotDicomError(f"{file_label(path)} is not a DICOM file.") from error
        raise DicomError(
            f"{file_label(path)} is a DICOM file, but its contents are damaged; "
            "fetch it again from its source."
        ) from error


def _parse(
    file: BoundedReader, path: Path, header_only: bool, tags: Sequence[str] | None
) -> tuple[FileDataset, PixelDataElement | None]:
    beginning = file.read(_PREAMBLE_BYTES + 4)
    if not beginning:
        raise NotDicomError(
            f"{file_label(path)} is empty, as after a copy that broke off; fetch it again.",
            "empty file, as after a copy that broke off",
        )
    has_preamble = beginning[_PREAMBLE_BYTES:] == b"DICM"
    if not has_preamble and beginning[:4] == _ZIP_BEGINNING:
        raise NotDicomError(
            f"{file_label(path)} is a zip archive among other files and is not looked into; "
            "unpack it, or open it by itself.",
            "zip archive, not looked into",
        )
    if not has_preamble and beginning[:2] not in _BARE_BEGINNINGS:
        raise NotDicomError(f"{file_label(path)} is not a DICOM file.")
    file.seek(0)
    dataset = pydicom.dcmread(
        file,
        force=True,
        stop_before_pixels=header_only,
        specific_tags=_tags_of(tuple(tags)) if tags is not None else None,
    )
    if len(dataset) == 0 and not has_preamble:
        raise NotDicomError(f"{file_label(path)} is not a DICOM file.")
    _complete_transfer_syntax(dataset)
    if not header_only:
        return dataset, None
    if dataset.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
        # pydicom inflates it in memory, and does not say where in it the pixel data lies.
        return dataset, PixelDataElement(None, file.inflated_bytes, is_deflated=True)
    return dataset, _pixel_data_element(file, dataset)


def _has_preamble(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(_PREAMBLE_BYTES + 4)[_PREAMBLE_BYTES:] == b"DICM"


def _complete_transfer_syntax(dataset: FileDataset) -> None:
    """Fill in the transfer syntax that a file without file meta was found to have."""
    if dataset.file_meta.get("TransferSyntaxUID"):
        return
    implicit, little_endian = dataset.original_encoding
    if implicit:
        transfer_syntax = ImplicitVRLittleEndian
    else:
        transfer_syntax = ExplicitVRLittleEndian if little_endian else ExplicitVRBigEndian
    dataset.file_meta.TransferSyntaxUID = transfer_syntax


def _pixel_data_element(file: BinaryIO, dataset: FileDataset) -> PixelDataElement | None:
    """Read the element header at which pydicom stopped: the pixel data, or the end of the file."""
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    element = file.read(12)
    if len(element) < 8:
        return None
    implicit, little_endian = dataset.original_encoding
    order: Literal["little", "big"] = "little" if little_endian else "big"
    if implicit:
        header_bytes, length = 8, int.from_bytes(element[4:8], order)
    elif element[4:6] in _LONG_LENGTH_VRS:
        header_bytes, length = 12, int.from_bytes(element[8:12], order)
    else:
        header_bytes, length = 8, int.from_bytes(element[6:8], order)
    offset = position + header_bytes
    return PixelDataElement(
        length=None if length == _UNDEFINED_LENGTH else length,
        available=max(0, size - offset),
        offset=offset,
        is_integer=(int.from_bytes(element[:2], order), int.from_bytes(element[2:4], order))
        == _PIXEL_DATA_TAG,
    )
