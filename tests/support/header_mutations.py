"""Ways to misstate the header of a series: each changes one attribute of some of its images.

A mutation takes the images of a series in position order and a random generator, changes images in
place, and returns what it did.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag


@dataclass(frozen=True)
class Change:
    """What a mutation did: to which attribute, in words, and whether it means the same still."""

    keyword: str
    words: str
    keeps_meaning: bool = False


Mutation = Callable[[list[Dataset], np.random.Generator], Change]

DECIMALS = (
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "RescaleSlope",
    "RescaleIntercept",
)
"""Attributes of the VR DS that place and scale an image."""

_SINGLE = ("SliceThickness", "SpacingBetweenSlices", "RescaleSlope", "RescaleIntercept")
_FORMS = ("{}e0", "{}E+00", "+{}", " {} ", "{}mm", "{}d0", "0x1", "nan", "inf", "1e400", "", "--")
_TEXT_VRS = ("LO", "SH", "UT", "ST", "CS", "IS", "UN", "LT")
_OTHERS = (
    "InstanceNumber",
    "SliceLocation",
    "NumberOfFrames",
    "RescaleType",
    "FrameOfReferenceUID",
)
_UNPLACING = (
    "InstanceNumber",
    "SliceLocation",
    "AcquisitionNumber",
    "SeriesNumber",
    "ImageType",
    "EchoNumbers",
    "EchoTime",
)
_BITS = ("HighBit", "BitsStored", "PixelRepresentation", "PhotometricInterpretation")
_TELLING = (*DECIMALS, "InstanceNumber", "Modality", "ImageType", "SOPInstanceUID", "EchoTime")


def _holders(image: Dataset, keyword: str) -> Iterator[Dataset]:
    """Yield the data sets that hold an attribute: the image, or items of functional groups."""
    if keyword in image:
        yield image
    for sequence in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in image.get(sequence, ()):
            for element in group:
                if element.VR == "SQ":
                    yield from (item for item in element.value if keyword in item)


def _chosen(images: Sequence[Dataset], random: np.random.Generator) -> list[Dataset]:
    """Choose all images, one of them, or some."""
    kind = random.integers(3)
    if kind == 0:
        return list(images)
    if kind == 1:
        return [images[int(random.integers(len(images)))]]
    return [image for image in images if random.random() < 0.5] or list(images[:1])


def _keyword(
    images: Sequence[Dataset], random: np.random.Generator, among: Sequence[str] = DECIMALS
) -> str:
    present = [name for name in among if any(True for _ in _holders(images[0], name))]
    return present[random.integers(len(present))]


def _texts(holder: Dataset, keyword: str) -> list[str]:
    value = holder[keyword].value
    return [str(one) for one in (value if not isinstance(value, str | int | float) else [value])]


def set_raw(holder: Dataset, keyword: str, vr: str, content: bytes) -> None:
    """Put bytes in the place of a value as they are, whatever the VR says."""
    tag = Tag(tag_for_keyword(keyword) or 0)
    content += b" " * (len(content) % 2)
    holder[tag] = RawDataElement(tag, vr, len(content), content, 0, False, True)


def _change_text(
    images: list[Dataset],
    random: np.random.Generator,
    keyword: str,
    change: Callable[[list[str]], str],
    vr: str | None = None,
    *,
    keeps_meaning: bool = False,
) -> Change:
    """Change the text of an attribute in some images."""
    text, count = "", 0
    for image in _chosen(images, random):
        for holder in list(_holders(image, keyword)):
            text = change(_texts(holder, keyword))
            set_raw(holder, keyword, vr or dictionary_VR(keyword), text.encode("latin-1"))
            count += 1
    words = f"{keyword} of {count}: {text!r}{f' as {vr}' if vr else ''}"
    return Change(keyword, words, keeps_meaning)


def decimal_commas(images: list[Dataset], random: np.random.Generator) -> Change:
    """Write commas for decimal points, in all values or in one."""
    keyword, is_whole = _keyword(images, random), random.random() < 0.7

    def change(texts: list[str]) -> str:
        changed = [
            one.replace(".", ",") if is_whole or number == 0 else one
            for number, one in enumerate(texts)
        ]
        return "\\".join(changed)

    return _change_text(images, random, keyword, change, keeps_meaning=True)


def wrong_vr(images: list[Dataset], random: np.random.Generator) -> Change:
    """Give an attribute another VR, as text or as binary floating point."""
    keyword = _keyword(images, random)
    if random.random() < 0.3:
        for image in _chosen(images, random):
            for holder in list(_holders(image, keyword)):
                numbers = [float(one) for one in _texts(holder, keyword)]
                set_raw(holder, keyword, "FD", struct.pack(f"<{len(numbers)}d", *numbers))
        return Change(keyword, f"{keyword} as FD", keeps_meaning=True)
    vr = _TEXT_VRS[random.integers(len(_TEXT_VRS))]
    return _change_text(images, random, keyword, "\\".join, vr, keeps_meaning=True)


def other_multiplicity(images: list[Dataset], random: np.random.Generator) -> Change:
    """Leave values out, repeat them, or add others."""
    keyword, kind = _keyword(images, random), random.integers(4)

    def change(texts: list[str]) -> str:
        return "\\".join((texts[:-1], texts * 2, [*texts, "7"], ["", *texts[1:]])[kind])

    is_repeated = kind == 1 and keyword in _SINGLE
    return _change_text(images, random, keyword, change, keeps_meaning=is_repeated)


def swapped_values(images: list[Dataset], random: np.random.Generator) -> Change:
    """Turn the values of an attribute around, which leaves a sound but different image."""
    keyword = _keyword(images, random)
    return _change_text(images, random, keyword, lambda texts: "\\".join(texts[::-1]))


def nulls(images: list[Dataset], random: np.random.Generator) -> Change:
    """Pad with nulls, put them between or before, or write nothing else."""
    keyword, kind = _keyword(images, random), random.integers(4)

    def change(texts: list[str]) -> str:
        text = "\\".join(texts)
        return (text + "\0\0", "\0" * 4, "\0" + text, "\0\\".join(texts))[kind]

    return _change_text(images, random, keyword, change, keeps_meaning=kind != 1)


def odd_numbers(images: list[Dataset], random: np.random.Generator) -> Change:
    """Write numbers in forms that parsers take differently."""
    keyword = _keyword(images, random)
    chosen = _FORMS[random.integers(len(_FORMS))]

    def change(texts: list[str]) -> str:
        # Two signs are no number.
        first = texts[0].lstrip("-") if chosen.startswith("+") else texts[0]
        return "\\".join([chosen.format(first), *texts[1:]])

    keeps_meaning = chosen in _FORMS[:4] and not chosen.startswith("+")
    return _change_text(images, random, keyword, change, keeps_meaning=keeps_meaning)


def scaled_values(images: list[Dataset], random: np.random.Generator) -> Change:
    """State other sound values: another rescale, spacing or thickness, signs turned, zeros."""
    keyword = _keyword(images, random)
    factor = [2.0, 0.5, -1.0, 0.0, 1.1, 1e-3, 1e3][random.integers(7)]

    def change(texts: list[str]) -> str:
        return "\\".join(f"{float(one) * factor:.10g}"[:16] for one in texts)

    return _change_text(images, random, keyword, change)


def moved_values(images: list[Dataset], random: np.random.Generator) -> Change:
    """Move one value of an attribute by a little or a lot."""
    keyword = _keyword(images, random)
    step = [1e-4, 0.003, 0.02, 0.3, 5.0][random.integers(5)]

    def change(texts: list[str]) -> str:
        at = random.integers(len(texts))
        texts[at] = f"{float(texts[at]) + step:.10g}"[:16]
        return "\\".join(texts)

    return _change_text(images, random, keyword, change)


def rescale_added(images: list[Dataset], random: np.random.Generator) -> Change:
    """State a rescale of some images, where there was another or none."""
    slope = ["2", "0.5", "-1", "0", "1"][random.integers(5)]
    intercept = ["0", "-1000", "3.5"][random.integers(3)]
    for image in _chosen(images, random):
        image.RescaleSlope, image.RescaleIntercept = slope, intercept
    return Change("RescaleSlope", f"rescale {slope}, {intercept}")


def positions_exchanged(images: list[Dataset], random: np.random.Generator) -> Change:
    """Shuffle the values of an attribute among the images."""
    keyword = _keyword(images, random, (*DECIMALS[:2], "InstanceNumber", "SliceLocation"))
    holders = [holder for image in images for holder in _holders(image, keyword)]
    values = [holder[keyword].value for holder in holders]
    for holder, number in zip(holders, random.permutation(len(values)), strict=True):
        setattr(holder, keyword, values[number])
    return Change(keyword, f"{keyword} shuffled")


def positions_doubled(images: list[Dataset], random: np.random.Generator) -> Change:
    """Give one image the position, number or instance UID of another."""
    names = ("ImagePositionPatient", "InstanceNumber", "SliceLocation", "SOPInstanceUID")
    keyword = _keyword(images, random, names)
    holders = [holder for image in images for holder in _holders(image, keyword)]
    first, second = random.choice(len(holders), 2, replace=len(holders) < 2)
    setattr(holders[first], keyword, holders[second][keyword].value)
    return Change(keyword, f"{keyword} doubled")


def attributes_removed(images: list[Dataset], random: np.random.Generator) -> Change:
    """Remove an attribute, or leave it empty."""
    keyword, is_empty = _keyword(images, random, (*_TELLING, *_OTHERS)), random.random() < 0.4
    for image in _chosen(images, random):
        for holder in list(_holders(image, keyword)):
            if is_empty:
                set_raw(holder, keyword, dictionary_VR(keyword), b"")
            else:
                del holder[keyword]
    return Change(keyword, f"{keyword} {'emptied' if is_empty else 'removed'}")


def numbers_changed(images: list[Dataset], random: np.random.Generator) -> Change:
    """Change attributes that say nothing of the place, or say it a second time."""
    # Only MR has echoes.
    names = _UNPLACING if "EchoTime" in images[0] else _UNPLACING[:5]
    keyword = names[random.integers(len(names))]
    chosen = _chosen(images, random)
    for image in chosen:
        if keyword == "SliceLocation":
            image.SliceLocation = round(float(random.normal(0, 50)), 2)
        elif keyword == "ImageType":
            image.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
        else:
            largest = 1000 if keyword == "InstanceNumber" else 4
            setattr(image, keyword, int(random.integers(1, largest)))
    return Change(keyword, f"{keyword} of {len(chosen)} changed")


def bits_changed(images: list[Dataset], random: np.random.Generator) -> Change:
    """State other bits, signs or a reversed grey scale."""
    keyword = _BITS[random.integers(len(_BITS))]
    for image in _chosen(images, random):
        if keyword == "HighBit":
            image.HighBit = int(random.integers(8, 16))
        elif keyword == "BitsStored":
            image.BitsStored = int(random.integers(12, 17))
            image.HighBit = image.BitsStored - 1
        elif keyword == "PixelRepresentation":
            image.PixelRepresentation = 1 - image.PixelRepresentation
        else:
            image.PhotometricInterpretation = "MONOCHROME1"
    return Change(keyword, f"{keyword} changed")


def images_lost(images: list[Dataset], random: np.random.Generator) -> Change:
    """Leave an image out."""
    if len(images) == 1:
        return Change("", "nothing", keeps_meaning=True)
    at = int(random.integers(len(images)))
    del images[at]
    return Change("", f"image {at} lost")


def frame_numbers(images: list[Dataset], random: np.random.Generator) -> Change:
    """State a number of frames, sound or not."""
    text = ["1", "0", "", "2", "1.0", "1\\1"][random.integers(6)]
    for image in _chosen(images, random):
        set_raw(image, "NumberOfFrames", "IS", text.encode())
    return Change("NumberOfFrames", f"NumberOfFrames {text!r}")


MUTATIONS: tuple[Mutation, ...] = (
    decimal_commas,
    wrong_vr,
    other_multiplicity,
    swapped_values,
    nulls,
    odd_numbers,
    scaled_values,
    moved_values,
    rescale_added,
    positions_exchanged,
    positions_doubled,
    attributes_removed,
    numbers_changed,
    bits_changed,
    images_lost,
    frame_numbers,
)
