"""Reading a file for pydicom, and stopping it where what it reads would cost far too much."""

import io
import os
import zlib

from core.dicom.budgets import data_set_limit, item_limit
from core.dicom.errors import DicomError

_ITEM_TAGS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")  # little and big endian
_CHUNK_BYTES = 2**20


class BoundedReader(io.BufferedReader):
    """A file that counts sequence items as they are read, and looks into what is deflated.

    An empty item takes 8 bytes of a file and thousands of memory. Only a deflated data set does
    pydicom read to the end, in one piece.

    Parameters
    ----------
    raw : io.FileIO
        The file, opened without a buffer.
    label : str
        Names it in messages.
    """

    def __init__(self, raw: io.FileIO, label: str) -> None:
        super().__init__(raw)
        self._label = label
        self._file_bytes = os.fstat(raw.fileno()).st_size
        self._read_bytes = 0
        self._items = 0
        self.inflated_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as any file.

        Raises
        ------
        DicomError
            When the file holds too many items, or inflates to too much.
        """
        if size is not None and size > _CHUNK_BYTES:
            # A length that the file does not have would take memory before it is read.
            size = min(size, max(0, self._file_bytes - self.tell()))
        content = super().read(size)
        if size is None or size < 0:
            self._look_into(content)
        else:
            self._count(content)
        return content

    def _count(self, content: bytes) -> None:
        self._read_bytes += len(content)
        self._items += sum(content.count(tag) for tag in _ITEM_TAGS)
        if self._items > item_limit(self._read_bytes):
            raise DicomError(
                f"{self._label} holds far more sequence items than files of its size do, and is "
                "not opened."
            )

    def _look_into(self, content: bytes) -> None:
        limit = data_set_limit(len(content))
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        while content and not inflater.eof:
            inflated = inflater.decompress(content, _CHUNK_BYTES)
            self.inflated_bytes += len(inflated)
            self._count(inflated)
            content = inflater.unconsumed_tail
            if self.inflated_bytes > limit:
                raise DicomError(
                    f"{self._label} inflates to more than {limit >> 20} MiB and is not opened."
                )
