"""What lies between the convolutions, for processors: one pass over memory for each step.

`core.network.steps` says what they compute. Numba compiles the functions below when they are first
called and keeps the result on disk, so no compiler has to be installed. They take arrays;
bfloat16 comes as the upper 16 bits of a float32, and every sum is float32.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numba
import numpy as np
import torch
from llvmlite import ir
from numba import carray, prange, types
from numba.extending import intrinsic, overload
from torch import Tensor

from core.network.definition import NEGATIVE_SLOPE
from core.network.steps import Steps

_SLOPE = np.float32(NEGATIVE_SLOPE)

_TILE = 2048
"""Values of a plane that are worked on at once: few enough to stay in the first-level cache."""

_BAND = 16
"""Rows that are interpolated in one go by one thread."""

_ONE_CALLER = threading.Lock()


@intrinsic
def _float_of(context: Any, bits: Any) -> Any:
    """Read the 32 bits of an integer as a float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.uint32), generate


@intrinsic
def _bits_of(context: Any, value: Any) -> Any:
    """Read the 32 bits of a float32 as an integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.uint32(types.float32), generate


@intrinsic
def _values_at(context: Any, address: Any, like: Any) -> Any:
    """Point at an array of the same type as another, by its address."""
    pointer = types.CPointer(like.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(pointer))

    return pointer(types.uint64, like), generate


def _widened(value):  # type: ignore[no-untyped-def]
    raise NotImplementedError


def _narrowed(value, like):  # type: ignore[no-untyped-def]
    raise NotImplementedError


@overload(_widened, inline="always")
def _widened_overload(value):  # type: ignore[no-untyped-def]
    """Make a float32 of a stored value."""
    if value == types.uint16:
        return lambda value: _float_of(np.uint32(value) << np.uint32(16))
    return lambda value: value


@overload(_narrowed, inline="always")
def _narrowed_overload(value, like):  # type: ignore[no-untyped-def]
    """Make a value to store of a float32, rounded to the nearest, ties to even."""
    if like.dtype == types.uint16:

        def rounded(value, like):  # type: ignore[no-untyped-def]
            bits = _bits_of(value)
            odd = (bits >> np.uint32(16)) & np.uint32(1)
            return np.uint16((bits + np.uint32(0x7FFF) + odd) >> np.uint32(16))

        return rounded
    return lambda value, like: value


@numba.njit(inline="always")
def _larger(first: Any, second: Any) -> Any:
    return first if first > second else second


@numba.njit(inline="always")
def _activated(value: Any) -> Any:
    return value if value > 0 else value * _SLOPE


@numba.njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def _first_block(
    addresses: np.ndarray,
    shared: np.ndarray,
    pooled: np.ndarray,
    total: np.ndarray,
    mean: np.ndarray,
    begins: bool,
    divisor: int,
) -> None:
    """Take the addresses of the terms, [4, values] each; shared, total and mean [4, values];
    pooled [pairs, values].
    """
    pairs, values = pooled.shape
    for tile in prange((values + _TILE - 1) // _TILE):
        start = tile * _TILE
        stop = min(start + _TILE, values)
        if begins:
            for plane in range(4):
                total[plane, start:stop] = 0
        # One name for every plane: the compiler makes vector instructions of nothing less plain.
        sum_a, sum_b = total[0, start:stop], total[1, start:stop]
        sum_c, sum_d = total[2, start:stop], total[3, start:stop]
        added_a, added_b = shared[0, start:stop], shared[1, start:stop]
        added_c, added_d = shared[2, start:stop], shared[3, start:stop]
        for pair in range(pairs):
            term = carray(_values_at(addresses[pair], pooled), (4, values))
            term_a, term_b = term[0, start:stop], term[1, start:stop]
            term_c, term_d = term[2, start:stop], term[3, start:stop]
            largest = pooled[pair, start:stop]
            for at in range(stop - start):
                a = _activated(_widened(term_a[at]) + _widened(added_a[at]))
                b = _activated(_widened(term_b[at]) + _widened(added_b[at]))
                c = _activated(_widened(term_c[at]) + _widened(added_c[at]))
                d = _activated(_widened(term_d[at]) + _widened(added_d[at]))
                sum_a[at] += a
                sum_b[at] += b
                sum_c[at] += c
                sum_d[at] += d
                largest[at] = _narrowed(_larger(_larger(a, b), _larger(c, d)), pooled)
        if divisor:
            for plane in range(4):
                _divide(total[plane, start:stop], mean[plane, start:stop], divisor)


@numba.njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def _average(
    maps: np.ndarray, total: np.ndarray, mean: np.ndarray, begins: bool, divisor: int
) -> None:
    """Take maps [pairs, values], and total and mean [values]."""
    pairs, values = maps.shape
    for tile in prange((values + _TILE - 1) // _TILE):
        start = tile * _TILE
        stop = min(start + _TILE, values)
        sums = total[start:stop]
        if begins:
            sums[:] = 0
        for pair in range(pairs):
            added = maps[pair, start:stop]
            for at in range(stop - start):
                sums[at] += _widened(added[at])
        if divisor:
            _divide(sums, mean[start:stop], divisor)


@numba.njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def _pool(maps: np.ndarray, pooled: np.ndarray) -> None:
    """Take maps [rows, 2, columns, 2, channels] to pooled [rows, columns, channels]."""
    rows, columns, channels = pooled.shape
    for row in prange(rows):
        for column in range(columns):
            for c in range(channels):
                upper = max(
                    _widened(maps[row, 0, column, 0, c]), _widened(maps[row, 0, column, 1, c])
                )
                lower = max(
                    _widened(maps[row, 1, column, 0, c]), _widened(maps[row, 1, column, 1, c])
                )
                pooled[row, column, c] = _narrowed(max(upper, lower), pooled)


@numba.njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def _upsample(maps: np.ndarray, joined: np.ndarray, first: int) -> None:
    """Take maps [n, height, width, channels] to channels of joined, in bands of rows.

    First between columns, once for every row of maps, then between rows.
    """
    height, channels = maps.shape[1], maps.shape[3]
    count, tall, wide, together = joined.shape
    # Without other channels beside them, the values of a row are worked on as one.
    pieces, length = (1, wide * channels) if channels == together else (wide, channels)
    bands = (tall + _BAND - 1) // _BAND
    for part in prange(count * bands):
        number, begin = part // bands, part % bands * _BAND
        lines = np.empty((2, wide * channels), np.float32)
        ready = -1
        for row in range(begin, min(begin + _BAND, tall)):
            top, down = _place(row, height, tall)
            bottom = min(top + 1, height - 1)
            while ready < bottom:
                ready = max(ready + 1, top)
                _widen(maps[number, ready], lines[ready % 2], wide)
            values = joined[number, row].reshape(wide * together)
            for piece in range(pieces):
                start = piece * length
                upper = lines[top % 2, start : start + length]
                lower = lines[bottom % 2, start : start + length]
                result = values[piece * together + first : piece * together + first + length]
                for at in range(length):
                    between = upper[at] + down * (lower[at] - upper[at])
                    result[at] = _narrowed(between, joined)


@numba.njit(inline="always")
def _widen(source: np.ndarray, line: np.ndarray, wide: int) -> None:
    """Interpolate a row [width, channels] between its columns: line [wide × channels]."""
    width, channels = source.shape
    for column in range(wide):
        left, across = _place(column, width, wide)
        before, after = source[left], source[min(left + 1, width - 1)]
        result = line[column * channels : (column + 1) * channels]
        for c in range(channels):
            value = _widened(before[c])
            result[c] = value + across * (_widened(after[c]) - value)


@numba.njit(inline="always")
def _place(index: int, few: int, many: int) -> tuple[int, Any]:
    """Where one of many places lies among few, the outermost aligned: index and share beyond."""
    place = np.float32(index) * (np.float32(few - 1) / np.float32(many - 1))
    before = int(place)
    return before, place - np.float32(before)


@numba.njit(inline="always")
def _divide(total: np.ndarray, mean: np.ndarray, divisor: int) -> None:
    share = np.float32(1) / np.float32(divisor)
    for at in range(total.shape[0]):
        mean[at] = _narrowed(total[at] * share, mean)


def _first_block_of_tensors(
    terms: Sequence[Tensor],
    shared: Tensor,
    pooled: Tensor,
    total: Tensor,
    mean: Tensor,
    begins: bool,
    divisor: int,
) -> None:
    with _all_threads():
        _first_block(
            np.array([term.data_ptr() for term in terms], dtype=np.uint64),
            _array(shared).reshape(4, -1),
            _array(pooled).reshape(len(terms), -1),
            _array(total).reshape(4, -1),
            _array(mean).reshape(4, -1),
            begins,
            divisor,
        )


def _average_of_tensors(
    maps: Tensor, total: Tensor, mean: Tensor, begins: bool, divisor: int
) -> None:
    with _all_threads():
        _average(
            _array(maps).reshape(maps.shape[0], -1),
            _array(total).reshape(-1),
            _array(mean).reshape(-1),
            begins,
            divisor,
        )


def _pool_tensor(maps: Tensor, pooled: Tensor) -> None:
    count, height, width, channels = maps.shape
    with _all_threads():
        _pool(
            _array(maps).reshape(count * height // 2, 2, width // 2, 2, channels),
            _array(pooled).reshape(count * height // 2, width // 2, channels),
        )


def _upsample_tensor(maps: Tensor, joined: Tensor, first: int) -> None:
    with _all_threads():
        _upsample(_array(maps), _array(joined), first)


def start_threads() -> None:
    """Start the threads of Numba, before any thread that is to compute on one core.

    Doing so sets OpenMP's number of threads in the calling thread, and PyTorch's with it. Were
    Numba to do it at its first function, a thread that keeps to one core would have all of them.
    """
    threads = torch.get_num_threads()
    numba.get_num_threads()
    torch.set_num_threads(threads)


@contextmanager
def _all_threads() -> Iterator[None]:
    """Have the threads of Numba for one function, as many as PyTorch uses.

    One caller after the other where Numba found neither OpenMP nor TBB: its own threads end the
    process when two callers use them at once.
    """
    with nullcontext() if _threads_take_several_callers() else _ONE_CALLER:
        numba.set_num_threads(min(torch.get_num_threads(), numba.config.NUMBA_NUM_THREADS))
        yield


def _threads_take_several_callers() -> bool:
    try:
        return numba.threading_layer() != "workqueue"
    except ValueError:  # nothing ran so far, and Numba has not chosen
        return False


def _array(maps: Tensor) -> np.ndarray:
    """View a contiguous tensor as an array; bfloat16 as 16-bit integers."""
    if not maps.is_contiguous():
        raise ValueError(f"maps: got strides {maps.stride()}; expected contiguous memory")
    return (maps.view(torch.uint16) if maps.dtype == torch.bfloat16 else maps).numpy()


COMPILED = Steps(
    "Numba",
    _first_block_of_tensors,
    _average_of_tensors,
    _pool_tensor,
    _upsample_tensor,
)
"""The steps of this module."""
