"""Series with one doubt each, by what is wrong with them: what docs/dicom.md lists."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    BasicTextSRStorage,
    ExplicitVRBigEndian,
    MRSpectroscopyStorage,
    SegmentationStorage,
    UltrasoundImageStorage,
    VLWholeSlideMicroscopyImageStorage,
)

from tests.support.header_mutants import save
from tests.support.header_mutations import set_raw
from tests.support.mutable_series import Images, images_of
from tests.support.unusual_objects import item, write_dose, write_ultrasound_volume
from tests.support.unusual_objects import save as save_encoded

Maker = Callable[[Path], None]
"""Writes a series to a folder that does not exist yet."""

JPIP = "1.2.840.10008.1.2.4.94"


def _changed(change: Callable[[Images], Any], kind: str = "CT") -> Maker:
    """Return what writes a sound series after a change of its images."""

    def make(folder: Path) -> None:
        images = images_of(kind)
        change(images)
        save(images, folder)

    return make


def _each(kind: str = "CT", **values: Any) -> Maker:
    """Set attributes of every image; None removes one."""

    def change(images: Images) -> None:
        for image in images:
            _set(image, **values)

    return _changed(change, kind)


def _set(image: Dataset, **values: Any) -> None:
    for keyword, value in values.items():
        if value is None:
            image.pop(keyword, None)
        else:
            setattr(image, keyword, value)


def _raw(keyword: str, vr: str, content: bytes, kind: str = "CT") -> Maker:
    """Write bytes as they are into every image."""

    def change(images: Images) -> None:
        for image in images:
            set_raw(image, keyword, vr, content)

    return _changed(change, kind)


def _moved(number: int, by: tuple[float, float, float]) -> Maker:
    def change(images: Images) -> None:
        place = np.array(images[number].ImagePositionPatient, float) + by
        images[number].ImagePositionPatient = place.tolist()

    return _changed(change)


def _tilted(images: Images) -> None:
    for number, image in enumerate(images):
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x, y + 0.5 * number, z]


def _second_volume(images: Images) -> None:
    """Add images at the same places that nothing tells apart from the first ones."""
    for number, image in enumerate(images_of("CT")):
        image.SOPInstanceUID += ".2"
        image.InstanceNumber = 100 + number
        image.PixelData = image.PixelData[::-1]
        images.append(image)


def _copied(images: Images) -> None:
    images.append(images_of("CT")[0])


def _same_uid(images: Images) -> None:
    images[1].SOPInstanceUID = images[0].SOPInstanceUID


def _own_frames(images: Images) -> None:
    for number, image in enumerate(images):
        image.FrameOfReferenceUID += f".{number}"


def _mapped(images: Images) -> None:
    unit = item(CodeValue="mm2/s", CodingSchemeDesignator="UCUM", CodeMeaning="mm2/s")
    for image in images:
        image.RealWorldValueMappingSequence = [
            item(
                RealWorldValueSlope=0.5,
                RealWorldValueIntercept=0.0,
                MeasurementUnitsCodeSequence=[unit],
            )
        ]


def _numbers_reversed(images: Images) -> None:
    for number, image in enumerate(images):
        image.InstanceNumber = len(images) - number


def _own_slopes(images: Images) -> None:
    for number, image in enumerate(images, start=1):
        image.RescaleSlope = number


def _more_pixels(images: Images) -> None:
    for image in images:
        image.PixelData *= 2


def _mixed_units(images: Images) -> None:
    images[0].RescaleType = "US"


def _mixed_voltages(images: Images) -> None:
    for number, image in enumerate(images):
        image.KVP = 100 if number < 4 else 120


def _big_endian(folder: Path) -> None:
    write_dose(folder / "IM00", (1, 0, 0, 0, 1, 0), [0, 3, 6], ExplicitVRBigEndian)


def _dose(**values: Any) -> Maker:
    return lambda folder: _write_dose(folder, **values)


def _write_dose(folder: Path, **values: Any) -> None:
    write_dose(folder / "IM00", (1, 0, 0, 0, 1, 0), [0, 3, 6], **values)


def _ultrasound_volume(folder: Path) -> None:
    write_ultrasound_volume(folder / "IM00")


def _one(change: Callable[[Dataset], Any], kind: str = "CT") -> Maker:
    """Write the first image alone, changed."""

    def make(folder: Path) -> None:
        image = images_of(kind)[0]
        change(image)
        save_encoded(image, folder / "IM00", image.file_meta.TransferSyntaxUID)

    return make


def _without_pixels(sop_class: str, **values: Any) -> Maker:
    def change(image: Dataset) -> None:
        _set(image, SOPClassUID=sop_class, PixelData=None, Rows=None, Columns=None, **values)

    return _one(change)


def _jpip(folder: Path) -> None:
    image = images_of("CT")[0]
    del image.PixelData
    image.PixelDataProviderURL = "https://example.org"
    image.file_meta.TransferSyntaxUID = UID(JPIP)
    folder.mkdir(parents=True)
    image.save_as(folder / "IM00", implicit_vr=False, little_endian=True)


def _cut(share: float) -> Maker:
    def make(folder: Path) -> None:
        _one(lambda image: None)(folder)
        content = (folder / "IM00").read_bytes()
        (folder / "IM00").write_bytes(content[: int(len(content) * share)])

    return make


def _other_frames(image: Dataset) -> None:
    image.PerFrameFunctionalGroupsSequence = Sequence(image.PerFrameFunctionalGroupsSequence[:-1])


def _in_items(folder: Path) -> None:
    """Write native pixels as items: undefined length, one item and a delimiter."""
    _one(lambda image: None)(folder)
    path = folder / "IM00"
    content = path.read_bytes()
    pixels = bytes(dcmread(path).PixelData)
    at = content.rindex(b"\xe0\x7f\x10\x00")
    items = b"\xfe\xff\x00\xe0" + len(pixels).to_bytes(4, "little") + pixels
    begin = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff"
    empty_table, delimiter = b"\xfe\xff\x00\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"
    path.write_bytes(content[:at] + begin + empty_table + items + delimiter)


def _text(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "IM00").write_text("no image")


_UNPLACED: dict[str, Any] = {"ImagePositionPatient": None, "ImageOrientationPatient": None}
_XRAY: dict[str, Any] = {
    **_UNPLACED,
    "Modality": "DX",
    "PixelSpacing": None,
    "FrameOfReferenceUID": None,
}

DOUBTS: dict[str, Maker] = {
    "Positions against the instance numbers": _changed(_numbers_reversed),
    "A rescale of its own for each image": _changed(_own_slopes),
    "A comma for the decimal point": _raw("PixelSpacing", "DS", b"0,75\\0,5"),
    "A number as text of another VR": _raw("ImageOrientationPatient", "UT", b"1\\0\\0\\0\\1\\0"),
    "A number that is repeated": _raw("SliceThickness", "DS", b"2.5\\2.5"),
    "Nulls behind a number": _raw("RescaleIntercept", "DS", b"-1024\0\0\0"),
    "Number of Frames empty": _raw("NumberOfFrames", "IS", b""),
    "Pixel Spacing of one number": _raw("PixelSpacing", "DS", b"0.75"),
    "Slice Thickness with a unit": _raw("SliceThickness", "DS", b"2.5mm"),
    "Rescale Slope of nulls": _raw("RescaleSlope", "DS", b"\0\0\0\0"),
    "Rescale Slope 0": _each(RescaleSlope=0),
    "CT without a rescale": _each(RescaleSlope=None, RescaleIntercept=None),
    "CT in another unit": _each(RescaleType="US"),
    "CT of which some is in another unit": _changed(_mixed_units),
    "PET without a rescale": _each("PET", RescaleSlope=None),
    "PET in counts": _each("PET", Units="CNTS"),
    "PET without the dose": _each("PET", Units="BQML", CorrectedImage=["ATTN", "DECY"]),
    "A second rescale beside functional groups": _each("enhanced MR", RescaleSlope=7),
    "Real-world values": _changed(_mapped),
    "A dose without scaling": _dose(DoseGridScaling=None),
    "A relative dose": _dose(DoseUnits="RELATIVE"),
    "High Bit beside Bits Stored": _each(HighBit=15),
    "32 bits in big endian": _big_endian,
    "Directions that are not perpendicular": _each(ImageOrientationPatient=[1, 0.01, 0, 0, 1, 0]),
    "A missing slice": _changed(lambda images: images.pop(3)),
    "Slices in uneven steps": _moved(3, (0, 0, 0.4)),
    "A slice beside the others": _moved(3, (4, 0, 0)),
    "A tilted gantry": _changed(_tilted),
    "No positions": _each(**_UNPLACED),
    "Nothing but file names to order by": _each(
        **_UNPLACED, InstanceNumber=None, SliceLocation=None
    ),
    "Offsets of a dose that do not fit": _dose(GridFrameOffsetVector=[0, 3]),
    "No frame of reference": _each(FrameOfReferenceUID=None),
    "A frame of reference for each slice": _changed(_own_frames),
    "No pixel size": _each(PixelSpacing=None),
    "Pixel size at the detector": _each(**_XRAY, ImagerPixelSpacing=[0.15, 0.15]),
    "Pixel size of a film": _each(**_XRAY, NominalScannedPixelSpacing=[0.1, 0.1]),
    "Copies": _changed(_copied),
    "Different images under one UID": _changed(_same_uid),
    "Two volumes that nothing names": _changed(_second_volume),
    "Slices of different contrast": _changed(_mixed_voltages),
    "More frames than stated": _changed(_more_pixels),
    "Fewer images than stated": _each(ImagesInAcquisition=9),
    "A localiser": _each(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]),
    "Text in the pixels": _each(BurnedInAnnotation="YES"),
    "Text in the pixels, perhaps": _each(SOPClassUID=UltrasoundImageStorage, Modality="US"),
    "No UIDs of study and series": _each(StudyInstanceUID="", SeriesInstanceUID=""),
    "No DICOM": _text,
    "A report": _without_pixels(BasicTextSRStorage, Modality="SR"),
    "A spectrum": _without_pixels(MRSpectroscopyStorage, Modality="MR"),
    "A segmentation": _each(SOPClassUID=SegmentationStorage, Modality="SEG"),
    "An address of pixels (JPIP)": _jpip,
    "A whole-slide image": _one(
        lambda image: _set(
            image,
            SOPClassUID=VLWholeSlideMicroscopyImageStorage,
            TotalPixelMatrixColumns=50,
            TotalPixelMatrixRows=50,
        )
    ),
    "A Siemens mosaic": _one(lambda image: _set(image, ImageType=["ORIGINAL", "MOSAIC"])),
    "A volume of enhanced ultrasound": _ultrasound_volume,
    "Cut in the header": _cut(0.4),
    "Cut in the pixels": _cut(0.9),
    "Fewer pixels than stated": _one(lambda image: _set(image, Rows=500)),
    "Two numbers of frames": _one(_other_frames, "enhanced MR"),
    "Items in a file that is not compressed": _in_items,
    "Impossible sizes": _one(lambda image: _set(image, Rows=0)),
}
"""What a series says, and what writes one that says so."""
