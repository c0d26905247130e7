"""Memory that was freed is used again by other threads, or goes back to the system."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, re, sys, threading
from pathlib import Path

from core.network.freed_memory import keep_freed_memory, return_freed_memory, share_heaps

MIB = 2**20

def resident():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\\s*(\\d+)", status).group(1)) / 1024

def heaps():
    libc = ctypes.CDLL(None)
    libc.open_memstream.restype = ctypes.c_void_p
    text, length = ctypes.c_char_p(), ctypes.c_size_t()
    stream = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(length)))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    return text.value.count(b"<heap nr=")

def work(ready):
    blocks = [bytearray(b"1" * (MIB // 4)) for _ in range(80)]
    ready.wait()
    del blocks

def threads_come_and_go():
    for _ in range(5):
        ready = threading.Barrier(16)
        threads = [threading.Thread(target=work, args=(ready,)) for _ in range(16)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
"""


def told_by(program: str) -> list[float]:
    """Numbers that a program prints, which runs by itself: what is set holds for a process."""
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM + program], capture_output=True, text=True, check=True
    )
    return [float(one) for one in answer.stdout.split()]


pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="for glibc")


@pytest.mark.parametrize("setting", ["share_heaps()", "keep_freed_memory()"])
def test_threads_share_a_few_heaps(setting: str) -> None:
    (shared,) = told_by(f"{setting}; threads_come_and_go(); print(heaps())")
    (of_their_own,) = told_by("threads_come_and_go(); print(heaps())")
    assert shared <= 8 < of_their_own


def test_what_is_kept_goes_back_where_it_is_returned() -> None:
    before, kept, returned = told_by(
        "keep_freed_memory(); print(resident())\n"
        "work(threading.Barrier(1)); barrier = bytearray(MIB // 4)\n"
        "work(threading.Barrier(1)); print(resident())\n"
        "return_freed_memory(); print(resident())"
    )
    assert kept > before + 15
    assert returned < before + 8
