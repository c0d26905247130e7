"""Real-world value mappings: what stored values mean beside their rescaling."""

import math
from collections.abc import Iterator

from pydicom.dataset import Dataset

from core.dicom.files import is_stated, items_of, number_of, text_of

_TOLERANCE = 1e-6  # single precision, in which many writers compute slopes


def mapping_cautions(dataset: Dataset) -> list[str]:
    """Say if an image maps its values otherwise than by rescaling them (PS3.3 C.7.6.16.2.11).

    Values are rescaled only. A mapping that does the same needs no word.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        The header.

    Returns
    -------
    list of str
        One sentence at most.
    """
    units = {
        _unit(mapping)
        for holder, mapping in _mappings(dataset)
        if not _is_rescaling(mapping, holder)
    }
    if not units:
        return []
    named = ", ".join(sorted(units - {""}))
    return [
        f"The files map stored values to real-world values{f' in {named}' if named else ''}, which "
        "is not done here: values are those that rescaling gives, without this unit."
    ]


def _mappings(dataset: Dataset) -> Iterator[tuple[Dataset, Dataset]]:
    """Yield each mapping with the item that may state the rescaling of the same frames."""
    for mapping in items_of(dataset, "RealWorldValueMappingSequence"):
        yield dataset, mapping
    shared = next(iter(items_of(dataset, "SharedFunctionalGroupsSequence")), Dataset())
    for group in (shared, *items_of(dataset, "PerFrameFunctionalGroupsSequence")):
        rescalings = items_of(group, "PixelValueTransformationSequence") or items_of(
            shared, "PixelValueTransformationSequence"
        )
        for mapping in items_of(group, "RealWorldValueMappingSequence"):
            yield (rescalings[0] if len(rescalings) else dataset), mapping


def _is_rescaling(mapping: Dataset, holder: Dataset) -> bool:
    if is_stated(mapping, "RealWorldValueLUTData"):
        return False
    slope, intercept = (
        number_of(mapping, f"RealWorldValue{name}") for name in ("Slope", "Intercept")
    )
    if slope is None or intercept is None:
        return False
    other_slope = number_of(holder, "RescaleSlope") or 1.0
    other_intercept = number_of(holder, "RescaleIntercept") or 0.0
    return math.isclose(slope, other_slope, rel_tol=_TOLERANCE) and math.isclose(
        intercept, other_intercept, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE * abs(other_slope)
    )


def _unit(mapping: Dataset) -> str:
    codes = items_of(mapping, "MeasurementUnitsCodeSequence")
    return text_of(codes[0], "CodeValue") if len(codes) else ""
