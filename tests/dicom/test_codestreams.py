from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.encaps import generate_frames

from core.dicom.codestreams import stated_size

COMPRESSED = (
    "693_J2KR.dcm",
    "HTJ2KLossless_08_RGB.dcm",
    "JLSL_16_15_1_1F.dcm",
    "JLSN_RGB_ILV0.dcm",
    "JPEG-LL.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm",
    "US1_J2KI.dcm",
    "bad_sequence.dcm",
    "emri_small_jpeg_ls_lossless.dcm",
)


@pytest.mark.parametrize("name", COMPRESSED)
def test_size_in_the_codestream_is_that_of_the_image(shared_data: Path, name: str) -> None:
    dataset = pydicom.dcmread(shared_data / "dicom" / "odd" / name, force=True)
    frames = int(dataset.get("NumberOfFrames") or 1)
    for codestream in generate_frames(dataset.PixelData, number_of_frames=frames):
        assert stated_size(codestream) == (dataset.Rows, dataset.Columns)


def test_other_beginnings_state_no_size() -> None:
    assert stated_size(b"") is None
    assert stated_size(b"\x89PNG\r\n\x1a\n") is None
    assert stated_size(b"\xff\xd8\xff\xe0") is None
    assert stated_size(b"\xff\x4f\xff\x51\x00") is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from([b"\xff\xd8", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  "]), st.binary())
def test_arbitrary_bytes_are_walked_to_an_end(start: bytes, rest: bytes) -> None:
    size = stated_size(start + rest)
    assert size is None or len(size) == 2
