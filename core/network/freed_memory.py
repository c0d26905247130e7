"""What the process does with memory that it freed: how much is kept, and when it goes back.

glibc takes memory from the system in heaps, and gives threads that ask at the same time a heap
each, up to eight for every core. What is freed stays in its heap, where only threads that use this
one find it. Threads of pages and proposals come and go: after some minutes with three people 740
MiB lay free in sixteen heaps (docs/benchmarks.md). Elsewhere than with glibc nothing is changed.
"""

import ctypes
import os
import platform

# Parameters of glibc's mallopt and the values given to them; see mallopt(3).
_TRIM_THRESHOLD, _KEPT_BYTES = -1, 256 * 2**20
_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES = -3, 32 * 2**20
_HEAPS = -8
_FEWEST, _MOST = 2, 8


def share_heaps() -> None:
    """Have threads share a few heaps; call this before there are many threads."""
    _tell(_HEAPS, max(_FEWEST, min(os.cpu_count() or 1, _MOST)))


def keep_freed_memory() -> None:
    """Let the process keep up to 256 MiB that it freed, for the next prediction.

    glibc returns large blocks to the system at once, and getting them back, page by page, takes a
    tenth of a prediction's time. Heaps are shared, see `share_heaps`, for each keeps as much.
    """
    share_heaps()
    _tell(_TRIM_THRESHOLD, _KEPT_BYTES)
    _tell(_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)


def return_freed_memory() -> None:
    """Return to the system what is free now, for when nobody works; takes tenths of a second."""
    if _is_glibc():
        ctypes.CDLL(None).malloc_trim(0)


def _tell(parameter: int, value: int) -> None:
    if _is_glibc():
        ctypes.CDLL(None).mallopt(parameter, value)


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
