"""Decoding compressed frames in child processes, because codecs written in C trust what they read.

A few processes are started when they are needed and used again. One that crashes, or takes more
memory or time than a frame of its size needs, is ended, and concerns that frame alone.
"""

import fcntl
import json
import math
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock, Semaphore, Timer
from typing import IO, Any, cast

import numpy as np

from core.dicom.budgets import MAX_SAMPLES, decoding_bytes, decoding_seconds

_MOST_PROCESSES = 4
_SCRIPT = Path(__file__).with_name("decoding_child.py")
_LENGTHS = struct.Struct("<QQ")  # as in decoding_child
_PIPE_BYTES = 2**20
_LONGEST_ANSWER = 2**12
_LARGEST_SAMPLE_BYTES = 8

# Passwords, tokens and addresses of the server are none of a codec's business.
_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class DecodingFailed(Exception):
    """A frame that cannot be decoded; `is_excessive` where it took too much memory or time."""

    def __init__(self, *, is_excessive: bool) -> None:
        super().__init__("too much memory or time" if is_excessive else "damaged")
        self.is_excessive = is_excessive


def decode_frame(
    codestream: bytes,
    transfer_syntax: str,
    options: Mapping[str, int | str],
    *,
    raw: bool = False,
    plugin: str = "",
) -> np.ndarray:
    """Decode one compressed frame in another process.

    Parameters
    ----------
    codestream : bytes
        The frame.
    transfer_syntax : str
        UID of how it is compressed.
    options : mapping
        What the header says of it, as `pydicom.pixels.utils.as_pixel_options` returns it, of plain
        numbers and texts.
    raw : bool
        Leave colours as they are stored.
    plugin : str
        Plug-in of pydicom to decode with; "" for any.

    Returns
    -------
    numpy.ndarray, shape (rows, columns) or (rows, columns, samples)

    Raises
    ------
    DecodingFailed
        When the frame is damaged, or the decoder crashes, or takes too much memory or time.
    """
    samples = int(options["rows"]) * int(options["columns"]) * int(options["samples_per_pixel"])
    description = {
        "transfer_syntax": transfer_syntax,
        "options": {**options, "number_of_frames": 1},
        "raw": raw,
        "plugin": plugin,
        "memory_bytes": decoding_bytes(samples),
    }
    with _pool().process() as process:
        was_used = process.frames > 0
        answer = process.ask(description, codestream, samples)
    if answer is None and was_used:
        # What earlier frames left in the process may have been too much for this one.
        with _pool().process(fresh=True) as process:
            answer = process.ask(description, codestream, samples)
    if answer is None:
        raise DecodingFailed(is_excessive=True)
    return answer


@dataclass(eq=False)
class _Process:
    """One child process."""

    child: "subprocess.Popen[bytes]"
    frames: int = 0

    @property
    def requests(self) -> IO[bytes]:
        assert self.child.stdin is not None
        return self.child.stdin

    @property
    def answers(self) -> IO[bytes]:
        assert self.child.stdout is not None
        return self.child.stdout

    def ask(
        self, description: Mapping[str, Any], codestream: bytes, samples: int
    ) -> np.ndarray | None:
        """Send a frame and return its pixels; None where the process ended over it.

        Raises
        ------
        DecodingFailed
            When the process answers that the frame cannot be decoded.
        """
        text = json.dumps(description).encode()
        limit = Timer(decoding_seconds(samples), self.child.kill)
        limit.daemon = True
        limit.start()
        try:
            self.requests.write(_LENGTHS.pack(len(text), len(codestream)) + text)
            self.requests.write(codestream)
            self.requests.flush()
            return self._answer(samples)
        except (OSError, ValueError, KeyError, TypeError, struct.error):
            self.end()  # it broke off, or answered what no sound process answers
            return None
        finally:
            limit.cancel()
            self.frames += 1

    def _answer(self, samples: int) -> np.ndarray:
        """Read an answer, without trusting a process whose memory a codec may have overwritten."""
        text_bytes, content_bytes = _LENGTHS.unpack(self.answers.read(_LENGTHS.size))
        # Colours that are unfolded from a palette or from halved ones are more than stored.
        if (
            text_bytes > _LONGEST_ANSWER
            or content_bytes > samples * MAX_SAMPLES * _LARGEST_SAMPLE_BYTES
        ):
            raise ValueError
        answer = json.loads(self.answers.read(text_bytes))
        if "error" in answer:
            if answer["error"] == "memory":
                raise ValueError
            raise DecodingFailed(is_excessive=False)
        dtype, shape = np.dtype(str(answer["dtype"])), [int(side) for side in answer["shape"]]
        if dtype.kind not in "iuf" or math.prod(shape) * dtype.itemsize != content_bytes:
            raise ValueError
        pixels = np.empty(content_bytes, np.uint8)
        if self.answers.readinto(pixels.data) != content_bytes:  # type: ignore[attr-defined]
            raise ValueError
        return pixels.view(dtype).reshape(shape)

    def end(self) -> None:
        self.child.kill()
        self.child.wait()
        for stream in (self.requests, self.answers):
            with suppress(OSError):  # what was not sent cannot be sent any more
                stream.close()


@dataclass(eq=False)
class _Pool:
    """Processes that wait for frames; no more are at work than the machine has use for."""

    free: Semaphore
    lock: Lock = field(default_factory=Lock)
    idle: list[_Process] = field(default_factory=list)

    @contextmanager
    def process(self, *, fresh: bool = False) -> Iterator[_Process]:
        """Lend a process, a new one if wanted; one that has ended is not taken back."""
        with self.free:
            with self.lock:
                lent = self.idle.pop() if self.idle and not fresh else None
            lent = lent or _Process(_started())
            try:
                yield lent
            finally:
                if lent.child.poll() is None:
                    with self.lock:
                        self.idle.append(lent)
                        surplus = self.idle.pop(0) if len(self.idle) > _MOST_PROCESSES else None
                    if surplus is not None:
                        surplus.end()


@cache
def _pool() -> _Pool:
    return _Pool(Semaphore(min(_MOST_PROCESSES, os.cpu_count() or 1)))


def _started() -> "subprocess.Popen[bytes]":
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # Its end comes with the end of its input, at the latest when this process ends.
    child = subprocess.Popen(
        [sys.executable, "-P", str(_SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment | _ONE_THREAD,
    )
    for pipe in (child.stdin, child.stdout):
        # A frame that goes through in one piece costs fewer turns of the processors; Linux only.
        with suppress(OSError, AttributeError):
            fcntl.fcntl(cast(IO[bytes], pipe), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return child
