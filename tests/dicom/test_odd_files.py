"""Each of the odd files of the development data, with what comes of it.

A file opens with the values that pydicom gives, or one sentence says what is wrong with it.
"""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array

from core.dicom.errors import DicomError
from core.dicom.files import open_file
from core.dicom.pixels import decoded_frames
from core.dicom.reading import find_series, read_series
from core.formats.segmentation_reading import read_segmentation_frames

IMAGES = [
    "693_J2KR.dcm",
    "693_UNCI.dcm",
    "693_UNCR.dcm",
    "HTJ2KLossless_08_RGB.dcm",
    "HTJ2K_08_RGB.dcm",
    "JLSL_08_07_0_1F.dcm",
    "JLSL_16_15_1_1F.dcm",
    "JLSL_RGB_ILV0.dcm",
    "JLSL_RGB_ILV1.dcm",
    "JLSL_RGB_ILV2.dcm",
    "JLSN_RGB_ILV0.dcm",
    "JPEG-LL.dcm",
    "JPEG2000_UNC.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm",
    "MR-SIEMENS-DICOM-WithOverlays.dcm",
    "MR2_J2KI.dcm",
    "MR2_J2KR.dcm",
    "MR2_UNCI.dcm",
    "MR2_UNCR.dcm",
    "OBXXXX1A.dcm",
    "OBXXXX1A_2frame.dcm",
    "OBXXXX1A_expb.dcm",
    "OBXXXX1A_expb_2frame.dcm",
    "OBXXXX1A_rle.dcm",
    "OBXXXX1A_rle_2frame.dcm",
    "OT-PAL-8-face.dcm",
    "RG1_J2KI.dcm",
    "RG3_J2KI.dcm",
    "RG3_J2KR.dcm",
    "SC_rgb.dcm",
    "SC_rgb_16bit.dcm",
    "SC_rgb_16bit_2frame.dcm",
    "SC_rgb_2frame.dcm",
    "SC_rgb_32bit.dcm",
    "SC_rgb_32bit_2frame.dcm",
    "SC_rgb_dcmtk_ebcr_dcmd.dcm",
    "SC_rgb_dcmtk_ebcyn1_dcmd.dcm",
    "SC_rgb_dcmtk_ebcyn2_dcmd.dcm",
    "SC_rgb_dcmtk_ebcynp_dcmd.dcm",
    "SC_rgb_dcmtk_ebcys2_dcmd.dcm",
    "SC_rgb_dcmtk_ebcys4_dcmd.dcm",
    "SC_rgb_expb.dcm",
    "SC_rgb_expb_16bit.dcm",
    "SC_rgb_expb_16bit_2frame.dcm",
    "SC_rgb_expb_2frame.dcm",
    "SC_rgb_expb_32bit.dcm",
    "SC_rgb_expb_32bit_2frame.dcm",
    "SC_rgb_gdcm2k_uncompressed.dcm",
    "SC_ybr_full_uncompressed.dcm",
    "US1_J2KI.dcm",
    "US1_J2KR.dcm",
    "US1_UNCI.dcm",
    "US1_UNCR.dcm",
    "bad_sequence.dcm",
    "color-pl.dcm",
    "color-px.dcm",
    "eCT_Supplemental.dcm",
    "emri_small.dcm",
    "emri_small_RLE.dcm",
    "emri_small_big_endian.dcm",
    "emri_small_jpeg_2k_lossless.dcm",
    "emri_small_jpeg_ls_lossless.dcm",
    "explicit_VR-UN.dcm",
    "gdcm-US-ALOKA-16.dcm",
    "gdcm-US-ALOKA-16_big.dcm",
    "mlut_18.dcm",
    "parametric_map_double_float.dcm",
    "parametric_map_float.dcm",
    "vlut_04.dcm",
]

SEGMENTATIONS = [
    "liver.dcm",
    "liver_expb.dcm",
    "liver_j2k.dcm",
    "liver_nonbyte_aligned.dcm",
    "liver_nonbyte_aligned_j2k.dcm",
]

# Compressed files that GDCM decodes as well: no HTJ2K, and no RLE, for which pydicom never asks it.
DECODED_BY_GDCM = [
    "693_J2KR.dcm",
    "JLSL_16_15_1_1F.dcm",
    "JLSL_RGB_ILV0.dcm",
    "JLSL_RGB_ILV1.dcm",
    "JLSL_RGB_ILV2.dcm",
    "JLSN_RGB_ILV0.dcm",
    "JPEG-LL.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm",
    "MR2_J2KI.dcm",
    "MR2_J2KR.dcm",
    "RG1_J2KI.dcm",
    "RG3_J2KI.dcm",
    "RG3_J2KR.dcm",
    "US1_J2KI.dcm",
    "US1_J2KR.dcm",
    "bad_sequence.dcm",
    "emri_small_jpeg_2k_lossless.dcm",
    "emri_small_jpeg_ls_lossless.dcm",
    "explicit_VR-UN.dcm",
    "liver_j2k.dcm",
    "liver_nonbyte_aligned_j2k.dcm",
]

# Transfer syntaxes that pydicom with its plug-ins does not decode at one bit per pixel.
# Frames of single bits in encodings that pydicom does not decode, with the same ones uncompressed.
ENCODED_BITS = {
    "liver_deflate.dcm": "liver.dcm",
    "liver_nonbyte_aligned_deflate.dcm": "liver_nonbyte_aligned.dcm",
    "liver_nonbyte_aligned_rle.dcm": "liver_nonbyte_aligned.dcm",
    "liver_rle.dcm": "liver.dcm",
}

CUT_SHORT = "emri_small_jpeg_2k_lossless_too_short.dcm"

LUMINANCE = (0.299, 0.587, 0.114)


def values_by_pydicom(path: Path) -> np.ndarray:
    """Modality values of every frame, shape (frames, rows, columns), and luminance of colour."""
    dataset = pydicom.dcmread(path, force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    pixels = dataset.pixel_array
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
    if pixels.shape[-1] == 3:
        return np.rint(pixels @ np.array(LUMINANCE)).reshape(-1, dataset.Rows, dataset.Columns)
    groups = dataset.get("PerFrameFunctionalGroupsSequence")
    if groups is None:
        values = apply_modality_lut(pixels, dataset)
        return values.reshape(-1, dataset.Rows, dataset.Columns)
    transformations = [
        holder.PixelValueTransformationSequence[0]
        for group in groups
        for holder in (group, dataset.SharedFunctionalGroupsSequence[0])
        if "PixelValueTransformationSequence" in holder
    ]
    assert len(transformations) == len(groups)
    frames = pixels.reshape(-1, dataset.Rows, dataset.Columns)
    return np.stack(
        [
            frame * float(one.RescaleSlope) + float(one.RescaleIntercept)
            for frame, one in zip(frames, transformations, strict=True)
        ]
    )


def test_every_odd_file_is_listed(shared_data: Path) -> None:
    listed = [*IMAGES, *SEGMENTATIONS, *ENCODED_BITS, CUT_SHORT]
    present = sorted(path.name for path in (shared_data / "dicom" / "odd").iterdir())
    assert len(listed) == 79
    assert sorted(listed) == present


@pytest.mark.parametrize("name", IMAGES)
def test_image_opens_with_pydicoms_values(shared_data: Path, name: str) -> None:
    path = shared_data / "dicom" / "odd" / name
    expected = values_by_pydicom(path)
    seen = []
    for summary in find_series(path):
        series = read_series(summary)
        for record, values in zip(series.slices, series.volume, strict=True):
            frame = (record.frame or 1) - 1
            seen.append(frame)
            assert np.array_equal(values, expected[frame].astype(values.dtype))
            assert values.dtype == np.float32 or np.array_equal(values, expected[frame])
    assert sorted(seen) == list(range(len(expected)))


@pytest.mark.parametrize("name", DECODED_BY_GDCM)
def test_a_second_decoder_gives_the_same_pixels(shared_data: Path, name: str) -> None:
    pytest.importorskip("gdcm", reason="python-gdcm is not installed")
    path = shared_data / "dicom" / "odd" / name
    ours = np.stack(list(decoded_frames(open_file(path), path, raw=True)))
    theirs = pixel_array(path, raw=True, decoding_plugin="gdcm")
    assert np.array_equal(ours, theirs.reshape(ours.shape))


@pytest.mark.parametrize("name", SEGMENTATIONS)
def test_segmentation_opens_as_one_with_pydicoms_values(shared_data: Path, name: str) -> None:
    path = shared_data / "dicom" / "odd" / name
    with pytest.raises(DicomError, match=rf"odd/{name} is a segmentation, not an image"):
        find_series(path)
    assert np.array_equal(read_segmentation_frames(path), pydicom.dcmread(path).pixel_array)


@pytest.mark.parametrize(("name", "uncompressed"), ENCODED_BITS.items())
def test_encoded_bits_are_those_of_the_uncompressed_file(
    shared_data: Path, name: str, uncompressed: str
) -> None:
    folder = shared_data / "dicom" / "odd"
    expected = pydicom.dcmread(folder / uncompressed).pixel_array
    assert np.array_equal(read_segmentation_frames(folder / name), expected)


def test_cut_file_says_so(shared_data: Path) -> None:
    path = shared_data / "dicom" / "odd" / CUT_SHORT
    with pytest.raises(DicomError, match=rf"odd/{CUT_SHORT} is cut short"):
        read_series(find_series(path)[0])
