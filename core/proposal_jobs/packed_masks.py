"""Masks as text, so that requests and proposals are plain data."""

import base64
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MOST_PIXELS = 2**28


@dataclass(frozen=True)
class PackedMask:
    """A mask as text.

    Attributes
    ----------
    rows, columns : int
        Its shape.
    code : str
        Eight pixels to a byte, row by row, compressed by zlib, in base64.
    """

    rows: int
    columns: int
    code: str

    def unpacked(self) -> NDArray[np.bool_]:
        """Return the mask: bool [rows, columns].

        Raises
        ------
        ValueError
            If the code does not fit the shape.
        """
        pixels = self.rows * self.columns
        if not 0 <= pixels <= _MOST_PIXELS:
            raise ValueError(f"A mask of {self.rows} × {self.columns} pixels is too large.")
        size = (pixels + 7) // 8
        reading = zlib.decompressobj()
        try:
            bits = reading.decompress(base64.b64decode(self.code), size + 1)
        except zlib.error as error:
            raise ValueError("A mask is damaged.") from error
        if len(bits) != size:
            raise ValueError("A mask does not have the size that it is said to have.")
        whole = np.unpackbits(np.frombuffer(bits, np.uint8), count=pixels)
        return whole.astype(np.bool_).reshape(self.rows, self.columns)


def packed(mask: NDArray[np.bool_]) -> PackedMask:
    """Write a mask, bool [rows, columns], as text."""
    rows, columns = mask.shape
    code = base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 1))
    return PackedMask(rows, columns, code.decode("ascii"))
