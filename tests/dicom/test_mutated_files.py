"""Broken files end in one sentence, whatever broke them."""

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import read_segmentation
from tests.support.file_mutations import MUTATIONS, deflated_bomb, nested_sequences
from tests.support.synthetic_series import PLACEMENTS, write_enhanced, write_series

# Small files of many kinds: uncompressed, JPEG 2000, JPEG-LS, RLE, enhanced, deflated SEG.
SOURCES = (
    "odd/emri_small_RLE.dcm",
    "odd/emri_small_jpeg_2k_lossless.dcm",
    "odd/emri_small_jpeg_ls_lossless.dcm",
    "odd/emri_small_big_endian.dcm",
    "odd/SC_rgb_16bit_2frame.dcm",
    "odd/JLSL_RGB_ILV0.dcm",
    "odd/liver_j2k.dcm",
    "odd/bad_sequence.dcm",
    "dcmqi_seg/liver.dcm",
)
MUTANTS_EACH = 4


def open_or_refuse(path: Path, reference: SeriesSummary) -> None:
    """Open a file as image and as segmentation; only a sentence may come of failing."""
    for attempt in (
        lambda: [read_series(summary) for summary in find_series(path)],
        lambda: read_segmentation(path, reference),
    ):
        message = ""
        try:
            attempt()
        except DicomError as error:
            message = str(error)
        assert message.isprintable()
        assert not message or message.endswith(".")


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> SeriesSummary:
    (summary,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    return summary


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("source", SOURCES)
def test_mutants_of_real_files_open_or_are_refused(
    shared_data: Path,
    tmp_path: Path,
    reference: SeriesSummary,
    source: str,
    mutation: Callable[..., Any],
) -> None:
    content = (shared_data / "dicom" / source).read_bytes()
    path = tmp_path / "mutant"
    for seed in range(MUTANTS_EACH):
        path.write_bytes(mutation(content, np.random.default_rng([seed, len(content)])))
        open_or_refuse(path, reference)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_mutants_among_sound_files_do_not_stop_the_others(
    tmp_path: Path, mutation: Callable[..., Any]
) -> None:
    written = write_series(tmp_path / "series", PLACEMENTS[0])
    write_enhanced(tmp_path / "enhanced", PLACEMENTS[4], seed=1)
    random = np.random.default_rng(2)
    for path in [*sorted(written.folder.iterdir())[:2], tmp_path / "enhanced"]:
        path.write_bytes(mutation(path.read_bytes(), random))
    summaries = find_series(tmp_path)
    assert max(summary.slices for summary in summaries) >= 7


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=400), st.booleans())
def test_arbitrary_bytes_are_no_series(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, with_preamble: bool
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "file"
    path.write_bytes(bytes(128) + b"DICM" + content if with_preamble else content)
    with pytest.raises(DicomError):
        find_series(path)


@pytest.mark.parametrize("depth", [50, 10_000])
def test_sequences_nested_without_end_are_refused(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "nested"
    path.write_bytes(nested_sequences(depth))
    with pytest.raises(DicomError):
        find_series(path)


def test_a_deflated_bomb_is_refused_without_being_inflated(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(deflated_bomb(270 * 2**20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DicomError, match=r"inflates to more than (\d\d|1\d\d) MiB"):
        find_series(path)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 200 * 1024  # KiB
