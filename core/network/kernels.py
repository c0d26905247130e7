"""What lies between the convolutions, for processors: one pass over memory for each step.

`core.network.steps` says what they compute. Numba compiles the functions below when they are first
called and keeps the result on disk, so no compiler has to be installed. They take arrays;
bfloat16 comes as the upper 16 bits of a float32, and every sum is float32.
"""

from collections.abc import Sequence
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
def _larger(one: Any, other: Any) -> Any:
    return one if one > other else other


@numba.njit(inline="always")
def _activated(value: Any) -> Any:
    return value if value > 0 else value * _SLOPE


@numba.njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def _add_first_block(
    addresses: np.ndarray,
    shared: np.ndarray,
    total: np.ndarray,
    pooled: np.ndarray,
    begins: bool,
) -> None:
    """Take the addresses of the terms, [4, values] each; shared and total [4, values]; pooled
    [pairs, values].
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
                a = _activated(_widened(term_a[at]) + added_a[at])
                b = _activated(_widened(term_b[at]) + added_b[at])
                c = _activated(_widened(term_c[at]) + added_c[at])
                d = _activated(_widened(term_d[at]) + added_d[at])
                sum_a[at] += a
                sum_b[at] += b
                sum_c[at] += c
                sum_d[at] += d
                largest[at] = _narrowed(_larger(_larger(a, b), _larger(c, d)), pooled)


@numba.njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def _add_sum(maps: np.ndarray, total: np.ndarray, begins: bool) -> None:
    """Take maps [pairs, values] and total [values]."""
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
def _upsample(maps: np.ndarray, doubled: np.ndarray) -> None:
    """Take maps [n, height, width, channels] to doubled, first between rows, then columns."""
    _, height, width, channels = maps.shape
    count, tall, wide, _ = doubled.shape
    for line in prange(count * tall):
        number, row = line // tall, line % tall
        place = np.float32(row) * (np.float32(height - 1) / np.float32(tall - 1))
        top = int(place)
        down = place - np.float32(top)
        upper = maps[number, top].reshape(width * channels)
        lower = maps[number, min(top + 1, height - 1)].reshape(width * channels)
        between = np.empty((width, channels), np.float32)
        flat = between.reshape(width * channels)
        for at in range(width * channels):
            above = _widened(upper[at])
            flat[at] = above + down * (_widened(lower[at]) - above)
        for column in range(wide):
            place = np.float32(column) * (np.float32(width - 1) / np.float32(wide - 1))
            left = int(place)
            across = place - np.float32(left)
            before, after = between[left], between[min(left + 1, width - 1)]
            result = doubled[number, row, column]
            for c in range(channels):
                result[c] = _narrowed(before[c] + across * (after[c] - before[c]), doubled)


def _add_first_block_of_tensors(
    terms: Sequence[Tensor], shared: Tensor, total: Tensor, pooled: Tensor, begins: bool
) -> None:
    _share_threads()
    addresses = np.array([term.data_ptr() for term in terms], dtype=np.uint64)
    _add_first_block(
        addresses,
        _array(shared).reshape(4, -1),
        _array(total).reshape(4, -1),
        _array(pooled).reshape(len(terms), -1),
        begins,
    )


def _add_sum_of_tensors(maps: Tensor, total: Tensor, begins: bool) -> None:
    _share_threads()
    _add_sum(_array(maps).reshape(maps.shape[0], -1), _array(total).reshape(-1), begins)


def _pool_tensor(maps: Tensor) -> Tensor:
    count, height, width, channels = maps.shape
    pooled = maps.new_empty((count, height // 2, width // 2, channels))
    _share_threads()
    _pool(
        _array(maps).reshape(count * height // 2, 2, width // 2, 2, channels),
        _array(pooled).reshape(count * height // 2, width // 2, channels),
    )
    return pooled


def _upsample_tensor(maps: Tensor) -> Tensor:
    count, height, width, channels = maps.shape
    doubled = maps.new_empty((count, 2 * height, 2 * width, channels))
    _share_threads()
    _upsample(_array(maps), _array(doubled))
    return doubled


def _share_threads() -> None:
    """Use as many threads as PyTorch does."""
    numba.set_num_threads(min(torch.get_num_threads(), numba.config.NUMBA_NUM_THREADS))


def _array(maps: Tensor) -> np.ndarray:
    """View a contiguous tensor as an array; bfloat16 as 16-bit integers."""
    if not maps.is_contiguous():
        raise ValueError(f"maps: got strides {maps.stride()}; expected contiguous memory")
    return (maps.view(torch.uint16) if maps.dtype == torch.bfloat16 else maps).numpy()


COMPILED = Steps(
    "Numba",
    _add_first_block_of_tensors,
    _add_sum_of_tensors,
    _pool_tensor,
    _upsample_tensor,
)
"""The steps of this module."""
