"""What files declare is compared with their size before memory is taken for it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from tests.support.declared_counts import (
    DICOM_BOMBS,
    codestream,
    compressed_image,
    content_of,
    image,
    large_frame,
    many_components,
    many_frames,
    many_items,
    many_voxels,
)

ROOT = Path(__file__).resolve().parents[2]
MOST_MIB = 128
MOST_MIB_OF_A_LARGE_FRAME = 768  # the largest that is opened at all

OPENING = """
import json, resource, sys, time
from pathlib import Path
from core.dicom import decoding_processes
from core.dicom.configuration import configure_libraries
from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from core.formats.segmentation_reading import read_segmentation_frames
configure_libraries()
def peaks():
    alive = [process.child.pid for process in decoding_processes._pool().idle]
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in ["self", *alive]]
    ended = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (sum(int(s.split("VmHWM:")[1].split()[0]) for s in statuses) + ended) / 1024
def attempt(action):
    try:
        action()
    except DicomError as error:
        return str(error)
    return "opened"
path = Path(sys.argv[1])
before = peaks()
answers = [
    attempt(lambda: [read_series(summary) for summary in find_series(path)]),
    attempt(lambda: read_segmentation_frames(path)),
]
print(json.dumps({"answers": answers, "mib": peaks() - before}))
"""


def open_all(path: Path) -> None:
    for summary in find_series(path):
        read_series(summary)


@pytest.mark.parametrize("bomb", DICOM_BOMBS, ids=lambda bomb: bomb.__name__)
def test_small_files_that_declare_much_take_little_memory(
    tmp_path: Path, bomb: Callable[..., Any]
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(bomb())
    # In a process of its own: the peak of this one is that of all tests before.
    finished = subprocess.run(
        [sys.executable, "-c", OPENING, path], cwd=ROOT, capture_output=True, check=True
    )
    found = json.loads(finished.stdout)
    assert all(answer == "opened" or answer.endswith(".") for answer in found["answers"])
    assert found["mib"] < (MOST_MIB_OF_A_LARGE_FRAME if bomb is large_frame else MOST_MIB)


@pytest.mark.parametrize(
    ("bomb", "message"),
    [
        (many_frames, "states 1000000 frame"),
        (many_components, "state 4000 samples for each pixel, which is not credible"),
        (many_voxels, "64 frame.* which is not credible"),
        (many_items, "far more sequence items"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_sentence_says_what_is_not_credible(
    tmp_path: Path, bomb: Callable[..., Any], message: str
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(bomb())
    with pytest.raises(DicomError, match=message):
        open_all(path)


def test_a_blank_picture_that_compresses_well_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "blank"
    path.write_bytes(compressed_image([codestream(512)] * 64, Rows=512, Columns=512))
    (summary,) = find_series(path)
    volume = read_series(summary).volume
    assert volume.shape == (64, 512, 512) and not volume.any()


def test_items_that_hold_something_are_read(tmp_path: Path) -> None:
    path = tmp_path / "items"
    dataset = image()
    dataset.ReferencedImageSequence = [image() for _ in range(3000)]
    for item in dataset.ReferencedImageSequence:
        del item.file_meta
    path.write_bytes(content_of(dataset))
    (summary,) = find_series(path)
    assert np.array_equal(read_series(summary).volume, [[[0]]])


def test_a_transfer_syntax_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "unknown"
    content = content_of(image(side=4, NumberOfFrames=1))
    path.write_bytes(content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0"))
    with pytest.raises(DicomError, match=r"cannot be decoded: .*\.$"):
        open_all(path)
