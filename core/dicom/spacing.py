"""How large a pixel is, from whichever attribute says so."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydicom.dataset import Dataset

from core.dicom.files import integer_of, items_of, number_of, numbers_of

SpacingSource = Literal[
    "none", "patient", "detector", "magnified", "scanned", "ultrasound", "ultrasound region"
]
"""What a pixel spacing is that of.

The patient; the detector, behind the patient and so too large; the detector, corrected by the
estimated magnification; scanned film; an ultrasound image; one of several regions in it.
"""

_CENTIMETRES = 3
_TWO_DIMENSIONAL = 1
_SAME_SHARE = 0.01


def pixel_spacing(dataset: Dataset) -> tuple[tuple[float, float] | None, SpacingSource]:
    """Find the distance between pixel centres.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        An image, or an item of its Pixel Measures Sequence.

    Returns
    -------
    spacing : tuple of float or None
        Between rows, then between columns, in mm.
    source : SpacingSource
        Which attribute it comes from (PS3.3 C.7.6.2.1.1, 10.7.1.3, C.8.6.1, C.8.5.5.1).
    """
    imager, spacing = (
        _credible(numbers_of(dataset, keyword))
        for keyword in ("ImagerPixelSpacing", "PixelSpacing")
    )
    if spacing is not None and spacing != imager:
        return spacing, "patient"
    if imager is not None:
        magnification = number_of(dataset, "EstimatedRadiographicMagnificationFactor")
        if magnification is not None and 1 <= magnification < 10:
            return (imager[0] / magnification, imager[1] / magnification), "magnified"
        return imager, "detector"
    scanned = _credible(numbers_of(dataset, "NominalScannedPixelSpacing"))
    if scanned is not None:
        return scanned, "scanned"
    return _ultrasound_spacing(dataset)


def _ultrasound_spacing(dataset: Dataset) -> tuple[tuple[float, float] | None, SpacingSource]:
    """Read the calibration of ultrasound regions (PS3.3 C.8.5.5.1); that of the largest counts."""
    regions = sorted(_calibrated_regions(dataset), reverse=True)
    if not regions:
        return None, "none"
    _, spacing = regions[0]
    agree = all(np.allclose(other, spacing, rtol=_SAME_SHARE) for _, other in regions)
    return spacing, "ultrasound" if agree else "ultrasound region"


def _calibrated_regions(dataset: Dataset) -> Iterator[tuple[float, tuple[float, float]]]:
    """Yield area in pixels and spacing in mm of the regions that show tissue in two dimensions."""
    for region in items_of(dataset, "SequenceOfUltrasoundRegions"):
        units = [integer_of(region, f"PhysicalUnits{axis}Direction") for axis in "XY"]
        deltas = [number_of(region, f"PhysicalDelta{axis}") for axis in "YX"]
        corners = [
            integer_of(region, f"RegionLocation{corner}")
            for corner in ("MinX0", "MinY0", "MaxX1", "MaxY1")
        ]
        if (
            units != [_CENTIMETRES, _CENTIMETRES]
            or integer_of(region, "RegionSpatialFormat") not in (_TWO_DIMENSIONAL, None)
            or None in deltas
            or None in corners
        ):
            continue
        spacing = _credible(tuple(10 * abs(delta) for delta in deltas if delta is not None))
        left, top, right, bottom = (corner or 0 for corner in corners)
        if spacing is not None:
            yield float(max(0, right - left) * max(0, bottom - top)), spacing


def _credible(lengths: tuple[float, ...]) -> tuple[float, float] | None:
    if len(lengths) == 2 and all(1e-6 < length < 1e4 for length in lengths):
        return lengths[0], lengths[1]
    return None
