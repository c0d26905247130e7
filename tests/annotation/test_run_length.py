import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from core.annotation.run_length import (
    MAX_PIXELS,
    decode_runs,
    encode_runs,
    mask_to_runs,
    runs_to_mask,
)

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=40))


def leb128(number: int) -> bytes:
    """Number as the DWARF standard writes it, a byte at a time."""
    code = bytearray()
    while True:
        number, septet = number >> 7, number & 0x7F
        code.append(septet | (0x80 if number else 0))
        if not number:
            return bytes(code)


@given(masks)
def test_a_mask_comes_back_bit_for_bit(mask: NDArray[np.bool_]) -> None:
    assert np.array_equal(decode_runs(encode_runs(mask), mask.shape), mask)
    assert np.array_equal(runs_to_mask(mask_to_runs(mask).tolist(), mask.shape), mask)


@given(masks)
def test_runs_are_the_stretches_of_equal_pixels_row_by_row(mask: NDArray[np.bool_]) -> None:
    expected, value = [0], False
    for pixel in mask.ravel().tolist():
        if pixel is not value:
            expected.append(0)
            value = pixel
        expected[-1] += 1
    assert mask_to_runs(mask).tolist() == expected
    assert encode_runs(mask) == b"".join(leb128(length) for length in expected)


def test_known_codes() -> None:
    corner = np.zeros((2, 3), dtype=np.bool_)
    corner[0, 0] = True
    assert encode_runs(corner) == bytes([0, 1, 5])
    assert encode_runs(np.zeros((20, 10), dtype=np.bool_)) == bytes([0xC8, 0x01])
    assert encode_runs(np.ones((1, 1), dtype=np.bool_)) == bytes([0, 1])


@pytest.mark.parametrize("length", [127, 128, 16383, 16384, 2097151, 2097152])
def test_lengths_at_the_edges_of_a_byte_survive(length: int) -> None:
    mask = np.zeros((1, length + 1), dtype=np.bool_)
    mask[0, -1] = True
    assert encode_runs(mask) == leb128(length) + b"\x01"
    assert np.array_equal(decode_runs(encode_runs(mask), mask.shape), mask)


def test_an_organ_takes_about_a_kilobyte() -> None:
    row, column = np.mgrid[:512, :512]
    disc = (row - 250) ** 2 + (column - 260) ** 2 < 150**2
    assert len(encode_runs(disc)) < 1200


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        ([5], "add up to 5"),
        ([7], "between 1 and 6"),
        ([3, 4], "add up to 7"),
        ([], "whole numbers"),
        ([-1, 7], "between 1 and 6"),
        ([4, -4, 6], "between 1 and 6"),
        ([3, 0, 3], "may be empty"),
        ([1, 1, 1, 1, 1, 1, 1, 1], "too many"),
        ([2**62, 2**62, 2**62, 2**62, 6], "between 1 and 6"),
        ([2**64, 6], "whole numbers"),
        ([2**63], "at most"),
        ([3.0, 3.0], "whole numbers"),
        (["3", "3"], "whole numbers"),
        ([True, True], "whole numbers"),
        ([None, 6], "whole numbers"),
        ([[3], [3]], "whole numbers"),
        ([[3], 3], "whole numbers"),
    ],
)
def test_runs_that_are_no_mask_of_this_size_are_refused(runs: list, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        runs_to_mask(runs, (2, 3))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (b"", "cut off"),
        (b"\x86", "cut off"),
        (b"\x03\x83", "cut off"),
        (b"\x86\x00", "longer than it needs"),
        (b"\x86\x80\x80\x80\x80\x00", "too long"),
        (b"\xff\xff\xff\xff\x7f", "between 1 and 6"),
        (b"\x05", "add up to 5"),
        (b"\x06" * 36, "too long"),
    ],
)
def test_codes_that_are_no_mask_of_this_size_are_refused(code: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_runs(code, (2, 3))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_mask_with_that_code_or_refused(code: bytes) -> None:
    try:
        mask = decode_runs(code, (7, 9))
    except ValueError:
        return
    assert encode_runs(mask) == code


@given(masks, st.integers(1, 40), st.integers(1, 40))
def test_a_code_for_another_size_is_refused(
    mask: NDArray[np.bool_], rows: int, columns: int
) -> None:
    if rows * columns == mask.size:
        return
    with pytest.raises(ValueError, match=r"\d"):
        decode_runs(encode_runs(mask), (rows, columns))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (-1, -6), (MAX_PIXELS, 2), (6,)])
def test_shapes_that_no_image_has_are_refused(shape: tuple) -> None:
    with pytest.raises(ValueError, match="rows and columns"):
        decode_runs(b"\x06", shape)


def test_only_two_dimensional_bool_arrays_are_masks() -> None:
    wrongs: tuple[np.ndarray, ...] = (
        np.zeros((2, 3), dtype=np.uint8),
        np.zeros((1, 2, 3), dtype=np.bool_),
    )
    for wrong in wrongs:
        with pytest.raises(ValueError, match="two-dimensional bool"):
            encode_runs(wrong)
