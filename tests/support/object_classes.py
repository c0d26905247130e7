"""A small object of each storage class, with pixels where its IOD has them."""

from pathlib import Path

from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG4HP41,
    UID,
    ConfocalMicroscopyTiledPyramidalImageStorage,
    CornealTopographyMapStorage,
    EnhancedUSVolumeStorage,
    ExplicitVRLittleEndian,
    OphthalmicOpticalCoherenceTomographyBscanVolumeAnalysisStorage,
    OphthalmicThicknessMapStorage,
    ParametricMapStorage,
    RTDoseStorage,
    SegmentationStorage,
    VLWholeSlideMicroscopyImageStorage,
    generate_uid,
)

from tests.support.synthetic_series import AXIAL, base_image

_WITH_PIXELS = (
    CornealTopographyMapStorage,
    EnhancedUSVolumeStorage,
    OphthalmicOpticalCoherenceTomographyBscanVolumeAnalysisStorage,
    OphthalmicThicknessMapStorage,
    ParametricMapStorage,
    RTDoseStorage,
    SegmentationStorage,
)
_TILED = (VLWholeSlideMicroscopyImageStorage, ConfocalMicroscopyTiledPyramidalImageStorage)


def write_object(path: Path, sop_class: UID) -> None:
    """Write an object of a class; videos in MPEG-4, all else uncompressed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = base_image(8, 8)
    image.SOPClassUID, image.SOPInstanceUID = sop_class, generate_uid()
    image.Modality = "OT"
    image.ImagePositionPatient, image.ImageOrientationPatient = [0, 0, 0], list(AXIAL)
    image.PixelSpacing = [1, 1]
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if sop_class in _TILED:
        image.TotalPixelMatrixColumns = image.TotalPixelMatrixRows = 16
        image.DimensionOrganizationType = "TILED_FULL"
    if "Image Storage" not in sop_class.name and sop_class not in _WITH_PIXELS:
        del image.Rows, image.Columns
    elif sop_class.name.startswith("Video"):
        image.file_meta.TransferSyntaxUID = MPEG4HP41
        image.PixelData = encapsulate([b"\0\0\0\x18ftypmp42"])
    else:
        image.PixelData = bytes(128)
    image.save_as(path, enforce_file_format=True)
