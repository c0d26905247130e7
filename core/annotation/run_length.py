"""Run-length code of masks, for the store and for what travels between browser and server.

A mask is read row by row; the runs are the lengths of its alternating stretches of background and
foreground, background first (so the first run is 0 where the first pixel is foreground). As bytes,
each length is an unsigned LEB128 number: seven bits a byte, low bits first, the high bit set on all
but the last byte of a number.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MAX_PIXELS = 2**28
"""Largest mask that is coded: 16384 × 16384 pixels."""

_LONGEST_NUMBER = 5  # bytes; more than any length up to MAX_PIXELS needs


def mask_to_runs(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Run lengths of a mask.

    Parameters
    ----------
    mask : numpy.ndarray
        Bool [rows, columns].

    Returns
    -------
    numpy.ndarray
        Int64 lengths of background, foreground, background, … in row-major order. Only the first
        may be 0. They add up to rows × columns.

    Raises
    ------
    ValueError
        If `mask` is not a two-dimensional bool array with at least one pixel.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise ValueError(
            f"A mask is a two-dimensional bool array; this is {mask.dtype} {mask.shape}."
        )
    _check_shape(mask.shape)
    pixels = mask.ravel()
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    ends = np.concatenate([[0] if pixels[0] else [], changes, [pixels.size]]).astype(np.int64)
    return np.diff(ends, prepend=0)


def runs_to_mask(
    runs: Sequence[int] | NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Mask of run lengths.

    Parameters
    ----------
    runs : sequence of int
        Lengths of background, foreground, background, … in row-major order.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    numpy.ndarray
        Bool [rows, columns].

    Raises
    ------
    ValueError
        If the lengths are not whole numbers, are negative or zero (the first may be zero), or do
        not add up to rows × columns.
    """
    lengths = _checked_lengths(runs, shape)
    foreground = np.arange(lengths.size) % 2 == 1
    return np.repeat(foreground, lengths).reshape(shape)


def encode_runs(mask: NDArray[np.bool_]) -> bytes:
    """Run-length code of a mask.

    Parameters
    ----------
    mask : numpy.ndarray
        Bool [rows, columns].

    Returns
    -------
    bytes
        The run lengths as LEB128 numbers; equal masks of equal shape have equal codes.

    Raises
    ------
    ValueError
        If `mask` is not a two-dimensional bool array with at least one pixel.
    """
    lengths = mask_to_runs(mask)
    septets = (lengths[:, np.newaxis] >> np.arange(0, 7 * _LONGEST_NUMBER, 7)) & 0x7F
    needed = np.maximum(1, _LONGEST_NUMBER - np.argmax(septets[:, ::-1] != 0, axis=1))
    needed[lengths == 0] = 1
    place = np.arange(_LONGEST_NUMBER)
    septets |= np.where(place < needed[:, np.newaxis] - 1, 0x80, 0)
    return septets[place < needed[:, np.newaxis]].astype(np.uint8).tobytes()


def decode_runs(code: bytes, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Mask of a run-length code.

    Parameters
    ----------
    code : bytes
        What `encode_runs` returned, here or in another program.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    numpy.ndarray
        Bool [rows, columns].

    Raises
    ------
    ValueError
        If the code is cut off, too long, or does not fit the shape.
    """
    return runs_to_mask(_lengths_of(code, shape), shape)


def check_runs(code: bytes, shape: tuple[int, int]) -> None:
    """Check a run-length code without making a mask of it, which may be far larger.

    Parameters
    ----------
    code, shape
        As for `decode_runs`.

    Raises
    ------
    ValueError
        Where `decode_runs` would.
    """
    _checked_lengths(_lengths_of(code, shape), shape)


def _lengths_of(code: bytes, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Lengths that a code consists of, which need not fit the shape."""
    _check_shape(shape)
    # No number takes more bytes than it counts pixels, but for a first run of none.
    if len(code) > shape[0] * shape[1] + 1:
        raise ValueError(f"A code of {len(code)} bytes is too long for this mask.")
    data = np.frombuffer(code, dtype=np.uint8)
    ends = np.flatnonzero(data < 0x80)
    if data.size == 0 or data[-1] >= 0x80:
        raise ValueError("The code of this mask is cut off.")
    starts = np.concatenate([[0], ends[:-1] + 1])
    width = ends - starts + 1
    if width.max() > _LONGEST_NUMBER:
        raise ValueError("A number in the code of this mask is too long.")
    if ((width > 1) & (data[ends] == 0)).any():
        raise ValueError("A number in the code of this mask is longer than it needs to be.")
    place = np.arange(data.size) - np.repeat(starts, width)
    return np.add.reduceat((data & 0x7F).astype(np.int64) << (7 * place), starts)


def _checked_lengths(
    runs: Sequence[int] | NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Lengths that alternate as they should, and add up to the pixels of the shape."""
    _check_shape(shape)
    size = shape[0] * shape[1]
    if len(runs) > size + 1:
        raise ValueError(f"{len(runs)} runs are too many for a mask of {size} pixels.")
    lengths = _whole_numbers(runs)
    # Each length is bounded first, so that their sum cannot wrap round.
    if (lengths < 0).any() or (lengths > size).any():
        raise ValueError(f"A run of this mask has between 1 and {size} pixels.")
    if (lengths[1:] == 0).any():
        raise ValueError("Only the first run of a mask may be empty.")
    if int(lengths.sum()) != size:
        raise ValueError(
            f"The runs add up to {int(lengths.sum())} pixels; {shape[0]} × {shape[1]} has {size}."
        )
    return lengths


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or min(shape) < 1 or shape[0] * shape[1] > MAX_PIXELS:
        raise ValueError(f"A mask has between 1 and {MAX_PIXELS} pixels in rows and columns.")


def _whole_numbers(runs: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return run lengths as int64, refusing anything that is not a whole number."""
    try:
        numbers = np.asarray(runs)
    except (ValueError, OverflowError) as error:
        raise ValueError("The runs of a mask are a list of whole numbers.") from error
    if numbers.ndim != 1 or numbers.size == 0 or numbers.dtype.kind not in "iu":
        raise ValueError("The runs of a mask are a list of whole numbers.")
    if numbers.dtype.kind == "u" and numbers.max() > MAX_PIXELS:
        raise ValueError(f"A run of a mask has at most {MAX_PIXELS} pixels.")
    return numbers.astype(np.int64)
