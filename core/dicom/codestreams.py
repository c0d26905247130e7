"""What a compressed frame states of its size, checked before a decoder believes it."""

from collections.abc import Iterator
from typing import NamedTuple

_JPEG_START = b"\xff\xd8"
_JPEG_2000_START = b"\xff\x4f\xff\x51"
_JP2_FILE_START = b"\x00\x00\x00\x0cjP  "

# Start-of-frame markers: JPEG's (ITU-T T.81 table B.1; C4, C8 and CC are others) and JPEG-LS's.
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC} | {0xF7})
_STANDALONE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})


def stated_size(codestream: bytes) -> tuple[int, int] | None:
    """Return rows and columns from the header of a JPEG, JPEG-LS or JPEG 2000 codestream.

    Parameters
    ----------
    codestream : bytes
        One compressed frame.

    Returns
    -------
    tuple of int or None
        None where the beginning is none of these or is damaged.
    """
    header = _header(codestream)
    return None if header is None else (header.rows, header.columns)


def stated_samples(codestream: bytes) -> int:
    """Return how many samples (components) for each pixel a codestream says it has.

    Parameters
    ----------
    codestream : bytes
        One compressed frame.

    Returns
    -------
    int
        0 where the beginning is none of JPEG, JPEG-LS or JPEG 2000, or is damaged.
    """
    header = _header(codestream)
    return 0 if header is None else header.samples


class _Header(NamedTuple):
    rows: int
    columns: int
    samples: int


def _header(codestream: bytes) -> _Header | None:
    if codestream.startswith(_JP2_FILE_START):
        begin = codestream.find(_JPEG_2000_START)
        codestream = codestream[begin:] if begin >= 0 else b""
    if codestream.startswith(_JPEG_2000_START):
        return _jpeg_2000_header(codestream)
    if codestream.startswith(_JPEG_START):
        return next(_jpeg_headers(codestream), None)
    return None


def _jpeg_2000_header(codestream: bytes) -> _Header | None:
    """Read the SIZ marker segment (ITU-T T.800 A.5.1)."""
    if len(codestream) < 24:
        return None
    width, height, left, top = (
        int.from_bytes(codestream[offset : offset + 4], "big") for offset in (8, 12, 16, 20)
    )
    return _Header(height - top, width - left, int.from_bytes(codestream[40:42], "big"))


def _jpeg_headers(codestream: bytes) -> Iterator[_Header]:
    """Walk the marker segments to the frame headers (ITU-T T.81 B.2.2)."""
    position = 2
    while position + 9 <= len(codestream) and codestream[position] == 0xFF:
        marker = codestream[position + 1]
        if marker == 0xFF or marker in _STANDALONE_MARKERS:
            position += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAME_MARKERS:
            rows = int.from_bytes(codestream[position + 5 : position + 7], "big")
            columns = int.from_bytes(codestream[position + 7 : position + 9], "big")
            yield _Header(rows, columns, int.from_bytes(codestream[position + 9 :][:1], "big"))
        position += 2 + int.from_bytes(codestream[position + 2 : position + 4], "big")
