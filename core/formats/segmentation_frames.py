"""The frames of a DICOM segmentation as masks of its segments: BINARY, FRACTIONAL and LABELMAP."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset

from core.dicom.errors import DicomError
from core.dicom.files import file_label, integer_of, number_of, text_of
from core.dicom.pixels import decoded_frames, functional_group
from core.formats.segment_descriptions import SegmentItems

_LABEL_MAP_CLASS = "1.2.840.10008.5.1.4.1.1.66.7"
_KINDS = ("BINARY", "FRACTIONAL", "LABELMAP")
_FRACTIONAL_ATTRIBUTES = ("MaximumFractionalValue", "SegmentationFractionalType")


@dataclass(frozen=True)
class PixelMeaning:
    """How stored values of a segmentation turn into masks.

    Parameters
    ----------
    kind : {"BINARY", "FRACTIONAL", "LABELMAP"}
        Segmentation Type (PS3.3 C.8.20.2).
    smallest : float
        Value from which a pixel of a FRACTIONAL segmentation belongs to it.
    cautions : tuple of str
        What the file leaves open, one sentence each.
    """

    kind: str
    smallest: float = 1.0
    cautions: tuple[str, ...] = ()


def pixel_meaning(dataset: FileDataset, path: Path, threshold: float) -> PixelMeaning:
    """Read what stored values mean; where the file does not say, take what fits and say so.

    Raises
    ------
    DicomError
        When the file states a Segmentation Type that does not exist.
    """
    cautions = []
    kind = text_of(dataset, "SegmentationType").upper()
    if not kind:
        kind = _likely_kind(dataset)
        cautions.append(
            f"The file does not state its Segmentation Type; it is read as {kind}: check the masks."
        )
    if kind not in _KINDS:
        raise DicomError(
            f"{file_label(path)} is a segmentation of a type that is not known: neither BINARY, "
            "FRACTIONAL nor LABELMAP."
        )
    if kind == "BINARY" and integer_of(dataset, "BitsAllocated") != 1:
        stored = (np.unique(frame) for frame in decoded_frames(dataset, path, raw=True))
        if len({value for values in stored for value in values.tolist()} - {0}) > 1:
            cautions.append(
                "The file calls itself BINARY, and its pixels hold several values, all of which "
                "count alike: check the masks."
            )
    if kind != "FRACTIONAL":
        return PixelMeaning(kind, cautions=tuple(cautions))
    stated = number_of(dataset, "MaximumFractionalValue") or 0.0
    found = max(float(stored.max()) for stored in decoded_frames(dataset, path, raw=True))
    if stated <= 0:
        cautions.append(
            "The file does not state which value means the whole of a pixel (Maximum Fractional "
            f"Value); its largest value, {found:g}, is taken for it: check the outlines."
        )
    elif found > stated:
        cautions.append(
            f"The file holds values up to {found:g}, above the one that means the whole of a pixel "
            f"(Maximum Fractional Value, {stated:g}): check the outlines."
        )
    largest = stated if stated > 0 else found
    return PixelMeaning(kind, threshold * largest or 1.0, tuple(cautions))


def background_cautions(dataset: FileDataset, path: Path, items: SegmentItems) -> Iterator[str]:
    """Say where it is doubtful which value of a label map is the background."""
    for label in items.padded:
        yield (
            f"“{label}” has the value that the file calls background (Pixel Padding Value), and "
            "was left out."
        )
    # Zero is no segment, though another value is the background.
    if len(items.background) > 1 and any(
        (stored == 0).any() for stored in decoded_frames(dataset, path, raw=True)
    ):
        yield (
            "The value 0 is neither described nor the background that the file states (Pixel "
            "Padding Value); it is taken for background as well."
        )


def _likely_kind(dataset: FileDataset) -> str:
    if text_of(dataset, "SOPClassUID") == _LABEL_MAP_CLASS:
        return "LABELMAP"
    is_fractional = integer_of(dataset, "BitsAllocated") != 1 and any(
        keyword in dataset for keyword in _FRACTIONAL_ATTRIBUTES
    )
    return "FRACTIONAL" if is_fractional else "BINARY"


def marked_frames(
    dataset: FileDataset,
    path: Path,
    meaning: PixelMeaning,
    items: SegmentItems,
    skipped: Collection[int],
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield frame index, segment number as stored, and mask, where a frame marks a pixel.

    Frames whose index is among the `skipped` ones are passed over.

    Raises
    ------
    DicomError
        When frames cannot be decoded, name no segment, or one that is not described.
    """
    for frame, stored in enumerate(decoded_frames(dataset, path, raw=True)):
        if frame in skipped:
            continue
        if meaning.kind == "LABELMAP":
            for value in np.unique(stored).tolist():
                if value not in items.background:
                    yield frame, value, stored == value
            continue
        mask = stored >= meaning.smallest if meaning.kind == "FRACTIONAL" else stored > 0
        group = functional_group(dataset, "SegmentIdentificationSequence", frame)
        number = integer_of(group, "ReferencedSegmentNumber") if group else None
        if number is None:
            raise DicomError(f"{file_label(path)} does not say which segment its frames belong to.")
        if not mask.any():
            continue
        if number not in items.by_number:
            raise DicomError(f"{file_label(path)} uses segment {number} without describing it.")
        yield frame, number, mask
