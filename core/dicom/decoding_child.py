"""A process that decodes compressed frames, one after the other, within limits on its memory.

It is started as a script by `decoding_processes` and imports nothing of Slicewise. Whatever a
codec does to it (a crash, an endless loop, taking all memory) concerns one frame.

Requests arrive on the standard input and are answered on the standard output, each as two lengths
(unsigned, 64 bits, little endian), so many bytes of JSON, and so many bytes of content.
"""

import contextlib
import json
import os
import resource
import struct
import sys
from typing import Any, BinaryIO

import numpy as np
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder

_LENGTHS = struct.Struct("<QQ")
_MOST_KEPT = 2**29  # bytes


def main() -> None:
    """Answer requests until the input ends."""
    requests, answers = sys.stdin.buffer, _taken_output()
    _limit_harm()
    own_bytes = _address_space()
    # Codecs that keep memory make the process useless in the end: then another one takes its place.
    while (request := _read(requests)) is not None and _address_space() < own_bytes + _MOST_KEPT:
        description, codestream = request
        _limit_memory(_address_space() + len(codestream) + description["memory_bytes"])
        try:
            answer, content = _decoded(description, codestream)
        except BaseException as error:  # decoders written in Rust panic with a BaseException
            is_memory = isinstance(error, MemoryError)
            answer, content = {"error": "memory" if is_memory else "damaged"}, memoryview(b"")
        text = json.dumps(answer).encode()
        answers.write(_LENGTHS.pack(len(text), len(content)) + text)
        answers.write(content)
        answers.flush()


def _decoded(description: dict[str, Any], codestream: bytes) -> tuple[dict[str, Any], memoryview]:
    pixels, _ = get_decoder(description["transfer_syntax"]).as_array(
        encapsulate([codestream]),
        raw=description["raw"],
        decoding_plugin=description["plugin"],
        **description["options"],
    )
    answer = {"dtype": pixels.dtype.str, "shape": list(pixels.shape)}
    return answer, np.ascontiguousarray(pixels).reshape(-1).view(np.uint8).data


def _read(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    text_bytes, content_bytes = _LENGTHS.unpack(lengths)
    return json.loads(stream.read(text_bytes)), stream.read(content_bytes)


def _taken_output() -> BinaryIO:
    """Return the standard output, and let what codecs print go nowhere."""
    output = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return output


def _limit_harm() -> None:
    """Write no files, and leave no image of the memory behind after a crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _limit_memory(limit_bytes: int) -> None:
    # macOS does not let a process limit its address space.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, resource.RLIM_INFINITY))


def _address_space() -> int:
    """Return the bytes of address space in use, or a guess where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 2**31


if __name__ == "__main__":
    main()
