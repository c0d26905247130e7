"""Frames are decoded in other processes, whose end concerns one frame."""

import os
import signal
import threading
from pathlib import Path
from signal import Signals

import numpy as np
import pydicom
import pytest

from core.dicom import decoding_processes
from core.dicom.decoding_processes import DecodingFailed, _Process, decode_frame
from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from tests.support.declared_counts import codestream, large_frame, with_components, with_size

JPEG_2000 = "1.2.840.10008.1.2.4.90"


def options(side: int = 64, samples: int = 1) -> dict[str, int | str]:
    return {
        "rows": side,
        "columns": side,
        "samples_per_pixel": samples,
        "number_of_frames": 1,
        "bits_allocated": 8,
        "bits_stored": 8,
        "pixel_representation": 0,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_keyword": "PixelData",
    }


ZEROS = codestream()


def decode_zeros() -> None:
    assert not decode_frame(ZEROS, JPEG_2000, options()).any()


def idle_processes() -> list[_Process]:
    return decoding_processes._pool().idle


@pytest.mark.parametrize(
    "name",
    [
        "693_J2KR.dcm",
        "HTJ2KLossless_08_RGB.dcm",
        "JLSL_16_15_1_1F.dcm",
        "JPEG-LL.dcm",
        "JPGLosslessP14SV1_1s_1f_8b.dcm",
        "emri_small_RLE.dcm",
    ],
)
def test_pixels_are_those_that_pydicom_decodes_here(shared_data: Path, name: str) -> None:
    path = shared_data / "dicom" / "odd" / name
    dataset = pydicom.dcmread(path, force=True)
    (summary,) = find_series(path)
    expected = dataset.pixel_array.reshape(summary.slices, summary.rows, summary.columns, -1)
    if expected.shape[-1] == 1 and "RescaleSlope" not in dataset:
        assert np.array_equal(read_series(summary).volume, expected[..., 0])
    else:
        assert read_series(summary).volume.shape == expected.shape[:3]


def test_a_process_is_used_again() -> None:
    decode_zeros()
    (first, *_) = [process.child.pid for process in idle_processes()]
    decode_zeros()
    assert first in [process.child.pid for process in idle_processes()]


@pytest.mark.parametrize("sign", [signal.SIGSEGV, signal.SIGKILL])
def test_a_process_that_died_is_replaced(sign: Signals) -> None:
    decode_zeros()
    for process in list(idle_processes()):
        os.kill(process.child.pid, sign)
        process.child.wait()
    decode_zeros()


def test_a_frame_that_takes_all_memory_is_given_up_and_the_next_one_decoded() -> None:
    with pytest.raises(DecodingFailed):
        decode_frame(with_components(codestream(), 4000), JPEG_2000, options())
    with pytest.raises(DecodingFailed):
        decode_frame(with_size(codestream(), 2**15), JPEG_2000, options())
    decode_zeros()


def test_a_frame_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding_processes, "decoding_seconds", lambda samples: 0.0)
    with pytest.raises(DecodingFailed) as raised:
        decode_frame(with_size(ZEROS, 8192), JPEG_2000, options(8192))
    assert raised.value.is_excessive
    monkeypatch.undo()
    decode_zeros()


def test_the_sentence_names_the_file_and_what_its_pixels_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "slow"
    path.write_bytes(large_frame())
    (summary,) = find_series(path)
    monkeypatch.setattr(decoding_processes, "decoding_seconds", lambda samples: 0.0)
    with pytest.raises(DicomError, match=r"/slow \(JPEG 2000 .*more memory or time"):
        read_series(summary)


def test_many_threads_share_a_few_processes() -> None:
    threads = [threading.Thread(target=decode_zeros) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(idle_processes()) <= 4


def test_processes_know_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLICEWISE_ARCHIVE_PASSWORD", "swordfish")
    child = decoding_processes._started()
    assert child.stdin is not None and child.stdout is not None
    try:
        assert b"swordfish" not in Path(f"/proc/{child.pid}/environ").read_bytes()
    finally:
        child.stdin.close()
        assert child.wait(30) == 0
        child.stdout.close()
