"""What a file states about its values and sizes, and what of it cannot be used."""

from collections.abc import Iterable, Iterator
from operator import mul

from pydicom.datadict import dictionary_description
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRBigEndian, RTDoseStorage

from core.dicom.files import integer_of, is_stated, items_of, number_of, numbers_of, text_of

_COUNTS = {
    "PixelSpacing": 2,
    "ImagerPixelSpacing": 2,
    "SliceThickness": 1,
    "SpacingBetweenSlices": 1,
    "ImagePositionPatient": 3,
    "ImageOrientationPatient": 6,
    "RescaleSlope": 1,
    "RescaleIntercept": 1,
    "DoseGridScaling": 1,
}
"""How many numbers the attributes hold that place and scale an image (PS3.6)."""

# Rounding all six cosines to three decimals comes to 2 · sqrt(3) · 0.0005 in a product at most.
_COSINE_TOLERANCE = 0.002

_GROUPS = (
    "PixelMeasuresSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelValueTransformationSequence",
)


def unusable_values(dataset: Dataset) -> list[str]:
    """Say of each attribute that places or scales the image if it is stated, but not as numbers.

    Functional groups are looked into as well.

    Returns
    -------
    list of str
        One sentence for each such attribute.
    """
    unusable = {
        keyword
        for holder in (dataset, *_group_items(dataset, _GROUPS))
        for keyword, count in _COUNTS.items()
        if is_stated(holder, keyword) and not _is_usable(holder, keyword, count)
    }
    return [
        f"{dictionary_description(keyword)} is stated in a way that cannot be used, "
        "and was left out."
        for keyword in _COUNTS
        if keyword in unusable
    ]


def _is_usable(holder: Dataset, keyword: str, count: int) -> bool:
    numbers = numbers_of(holder, keyword)
    if count == 1:
        # As `number_of`: some writers repeat a value.
        return len(set(numbers)) == 1 and (keyword != "RescaleSlope" or numbers[0] != 0)
    if keyword.endswith("PixelSpacing"):
        return len(numbers) == count and min(numbers) > 0
    return len(numbers) == count


def contradictions(dataset: Dataset) -> list[str]:
    """Say if directions are none of a plane exactly, or if a second rescale differs from the first.

    Returns
    -------
    list of str
        One sentence for each.
    """
    found = []
    holders = [dataset, *_group_items(dataset, ("PlaneOrientationSequence",))]
    if not all(map(_is_rectangular, holders)):
        found.append(
            "Image Orientation (Patient) is not of two perpendicular unit vectors: directions are "
            "only nearly right."
        )
    groups = [*_group_items(dataset, ("PixelValueTransformationSequence",))]
    own = _rescale(dataset) if groups else (None, None)
    if own != (None, None) and any(_rescale(group) != own for group in groups):
        found.append(
            "The file states a second, different rescale outside its functional groups, which is "
            "not used."
        )
    return found


def _rescale(holder: Dataset) -> tuple[float | None, float | None]:
    return number_of(holder, "RescaleSlope"), number_of(holder, "RescaleIntercept")


def _is_rectangular(holder: Dataset) -> bool:
    cosines = numbers_of(holder, "ImageOrientationPatient")
    if len(cosines) != 6:
        return True
    row, column = cosines[:3], cosines[3:]
    products = ((row, row, 1), (column, column, 1), (row, column, 0))
    return all(
        abs(sum(map(mul, one, other)) - expected) < _COSINE_TOLERANCE
        for one, other, expected in products
    )


def value_unit(dataset: Dataset) -> tuple[str, list[str]]:
    """Return the unit of the rescaled values, "" where none is certain, and cautions about it.

    CT is in Hounsfield units only where slope and intercept are usable and Rescale Type names no
    other unit (PS3.3 C.8.2.1, C.11.1.1.2); an RT dose in what Dose Units says (C.8.8.3).
    """
    modality = text_of(dataset, "Modality")
    if modality == "PT" and not is_rescaled(dataset):
        return "", [
            "The files do not say in full how stored values become activity: values have no unit."
        ]
    if modality == "RTDOSE" or text_of(dataset, "SOPClassUID") == RTDoseStorage:
        return _dose_unit(dataset)
    if modality != "CT" or (integer_of(dataset, "SamplesPerPixel") or 1) > 1:
        return "", []
    tables = items_of(dataset, "ModalityLUTSequence")
    if len(tables):
        types = {text_of(table, "ModalityLUTType").upper() for table in tables}
    else:
        if not is_rescaled(dataset):
            return "", [
                "The files do not say in full how stored values become Hounsfield units: values "
                "have no unit."
            ]
        types = {text_of(holder, "RescaleType").upper() or "HU" for holder in _rescaling(dataset)}
    if types == {"HU"}:
        return "HU", []
    return "", ["The files state that their values are not in Hounsfield units."]


def is_rescaled(dataset: Dataset) -> bool:
    """Tell whether slope and intercept are stated in full, for every frame (PS3.3 C.11.1.1.2)."""
    return all(
        number_of(holder, "RescaleSlope") and number_of(holder, "RescaleIntercept") is not None
        for holder in _rescaling(dataset)
    )


def _rescaling(dataset: Dataset) -> list[Dataset]:
    """Return what holds the rescale: the image, or its functional groups."""
    return [*_group_items(dataset, ("PixelValueTransformationSequence",))] or [dataset]


def _dose_unit(dataset: Dataset) -> tuple[str, list[str]]:
    if not number_of(dataset, "DoseGridScaling"):
        return "", ["The file does not say how stored values become a dose: values have no unit."]
    if text_of(dataset, "DoseUnits") == "GY":
        return "Gy", []
    return "", ["The dose is not stated in Gy: values have no unit."]


def bit_cautions(dataset: FileDataset) -> list[str]:
    """Say if it is not certain which bits make a pixel; nothing if it is.

    High Bit may not be the highest of the stored bits (PS3.5 8.1.1). Pixels of 32 bits in big
    endian are words of 16 bits, the lower one first, by the standard (PS3.5 8.1.1, OW in 6.2) and
    for GDCM, but the higher one first for pydicom and the programs that follow it.
    """
    cautions = []
    stored, highest = integer_of(dataset, "BitsStored"), integer_of(dataset, "HighBit")
    if stored is not None and highest is not None and highest != stored - 1:
        cautions.append(
            f"High Bit ({highest}) does not fit Bits Stored ({stored}): check that the pixel "
            "values are right."
        )
    is_big_endian = dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    # Floating point pixel data has no Bits Stored, and no words.
    if is_big_endian and stored is not None and integer_of(dataset, "BitsAllocated") == 32:
        cautions.append(
            "Pixels of 32 bits in big endian are written in two ways, and nothing says in which: "
            "check that the pixel values are right."
        )
    return cautions


def _group_items(dataset: Dataset, sequences: Iterable[str]) -> Iterator[Dataset]:
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for holder in items_of(dataset, keyword):
            for sequence in sequences:
                yield from items_of(holder, sequence)[:1]
