"""What zip archives hold, read without trusting the names and sizes that they state."""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO, Protocol

from core.dicom.budgets import MAX_ARCHIVE_ENTRIES, inflation_limit
from core.dicom.errors import DicomError
from core.dicom.shown_names import printable

_ZIP_MAGIC = b"PK\x03\x04"
_ZIP_EMPTY_MAGIC = b"PK\x05\x06"
_ENCRYPTED_FLAG = 0x1
_UTF_8_FLAG = 0x800

# Of the end of the central directory, and of an entry in it (APPNOTE.TXT 4.3.16, 4.3.12).
_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENTRY_MAGIC = b"PK\x01\x02"
_HEADER_MARK, _ENTRY_MARK = 7, 9  # the byte of the flags that says UTF-8
_LONGEST_COMMENT = 2**16


class Readable(Protocol):
    """A stream of bytes that is read once, from its beginning to its end."""

    def read(self, size: int, /) -> bytes: ...


def is_archive(stream: BinaryIO) -> bool:
    """Tell whether a stream is a zip archive, and leave it at its beginning."""
    beginning = stream.read(len(_ZIP_MAGIC))
    stream.seek(0)
    return beginning in (_ZIP_MAGIC, _ZIP_EMPTY_MAGIC)


def members_of(name: str, archive_stream: BinaryIO) -> Iterator[tuple[str, Readable]]:
    """Open the files of an archive one by one.

    Parameters
    ----------
    name : str
        Of the archive, for messages.
    archive_stream : binary stream
        The archive.

    Yields
    ------
    member : str
        Path in the archive, its folders separated by "/"; bytes that are no UTF-8 are kept as
        `os.fsdecode` does. It never leads outside.
    stream : Readable
        What the file holds, to be read before the next one.

    Raises
    ------
    DicomError
        When the archive is damaged, encrypted, holds links or names that lead outside, or unpacks
        to far more than images do.
    """
    compressed = archive_stream.seek(0, os.SEEK_END)
    allowance = inflation_limit(compressed)
    with _archive_errors(name):
        wrongly_flagged = _wrongly_flagged(archive_stream, name)
        marks = chain.from_iterable(wrongly_flagged.values())
        readable = _WithoutFlags(archive_stream, marks, name)
        with zipfile.ZipFile(readable) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            for member in members:
                _check_member(member, name)
            for member in members:
                with archive.open(member) as stream:
                    limited = _Limited(stream, allowance, name)
                    yield _member_path(member, wrongly_flagged), limited
                    allowance = limited.allowance


def _member_path(member: zipfile.ZipInfo, wrongly_flagged: Collection[int]) -> str:
    r"""Return the name as it was given: in UTF-8 where it can be, else in code page 437.

    Windows separates folders by "\", macOS writes UTF-8 without saying so.
    """
    name = member.filename
    if not member.flag_bits & _UTF_8_FLAG:
        given = name.encode("cp437")
        try:
            name = given.decode("utf-8")
        except UnicodeDecodeError:
            if member.header_offset in wrongly_flagged:
                name = os.fsdecode(given)
    return name.replace("\\", "/")


@contextmanager
def _archive_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        UnicodeError,
        struct.error,
    ) as error:
        raise DicomError(
            f"The archive {printable(name)} is damaged or packed in an unusual way; pack it again "
            "as zip."
        ) from error


def _check_entries(content: bytes, name: str) -> None:
    """Refuse an archive whose table of contents, read in one piece, would become too many objects.

    How many entries it states is not what `zipfile` goes by.
    """
    if content.count(_ENTRY_MAGIC) > MAX_ARCHIVE_ENTRIES:
        raise DicomError(
            f"The archive {printable(name)} holds more than {MAX_ARCHIVE_ENTRIES:,} files; "
            "split it."
        )


def _wrongly_flagged(stream: BinaryIO, name: str) -> dict[int, tuple[int, int]]:
    """Find names that are marked as UTF-8 and are none, at which `zipfile` gives up.

    Returns
    -------
    dict of int to tuple of int
        Offset of the file in the archive, and where the two bytes with the mark lie.
    """
    end = _central_directory_end(stream)
    if end is None:
        return {}
    position, size, offset = end
    # Something may lie before the archive, as in one that unpacks itself.
    begin = position - size
    if not 0 <= offset <= begin:
        return {}
    stream.seek(begin)
    directory = stream.read(size)
    _check_entries(directory, name)
    found: dict[int, tuple[int, int]] = {}
    at = 0
    while directory[at : at + 4] == _ENTRY_MAGIC and at + _ENTRY.size <= size:
        fields = _ENTRY.unpack_from(directory, at)
        flags, (name_bytes, extra_bytes, comment_bytes) = fields[3], fields[10:13]
        begin_name = at + _ENTRY.size
        given = directory[begin_name : begin_name + name_bytes]
        if flags & _UTF_8_FLAG and not _is_utf_8(given):
            header = fields[-1] + begin - offset
            found[header] = (header + _HEADER_MARK, begin + at + _ENTRY_MARK)
        at += _ENTRY.size + name_bytes + extra_bytes + comment_bytes
    return found


def _central_directory_end(stream: BinaryIO) -> tuple[int, int, int] | None:
    """Return where the central directory ends, its size and its stated offset."""
    size = stream.seek(0, os.SEEK_END)
    first = max(0, size - _END.size - _LONGEST_COMMENT)
    stream.seek(first)
    tail = stream.read()
    at = tail.rfind(_ZIP_EMPTY_MAGIC)
    if at < 0 or at + _END.size > len(tail):
        return None
    fields = _END.unpack_from(tail, at)
    return first + at, fields[5], fields[6]


def _is_utf_8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _WithoutFlags(io.RawIOBase):
    """An archive in which some names are not marked as UTF-8, and whose entries are counted."""

    def __init__(self, stream: BinaryIO, marks: Iterable[int], name: str) -> None:
        self._stream = stream
        self._name = name
        self._marks = tuple(marks)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        begin = self._stream.tell()
        content = self._stream.read(-1 if size is None else size)
        _check_entries(content, self._name)
        for mark in self._marks:
            if begin <= mark < begin + len(content):
                changed = bytearray(content)
                changed[mark - begin] &= ~(_UTF_8_FLAG >> 8)
                content = bytes(changed)
        return content


class _Limited:
    """A member of an archive, which stops once it has given more than it may."""

    def __init__(self, stream: Readable, allowance: int, name: str) -> None:
        self._stream = stream
        self._name = name
        self.allowance = allowance

    def read(self, size: int, /) -> bytes:
        with _archive_errors(self._name):
            chunk = self._stream.read(size)
        self.allowance -= len(chunk)
        if self.allowance < 0:
            raise DicomError(
                f"The archive {printable(self._name)} unpacks to far more than images do and is "
                "refused."
            )
        return chunk


def _check_member(member: zipfile.ZipInfo, name: str) -> None:
    """Refuse what honest archives do not hold."""
    path, label = member.filename, printable(name)
    leads_outside = (
        ".." in PurePosixPath(path).parts
        or ".." in PureWindowsPath(path).parts
        or PurePosixPath(path).is_absolute()
        or bool(PureWindowsPath(path).anchor)
    )
    if leads_outside:
        raise DicomError(f"The archive {label} holds a name that leads outside and is refused.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise DicomError(
            f"The archive {label} holds a link and is refused; pack the files instead."
        )
    if member.flag_bits & _ENCRYPTED_FLAG:
        raise DicomError(f"The archive {label} is encrypted; pack it without a password.")
