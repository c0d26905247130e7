"""Bodies of requests that upload one file, taken apart while they come in."""

from collections.abc import Callable
from typing import Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

_LONGEST_HEADER_BYTES = 8192
_LONGEST_BOUNDARY = 70  # RFC 2046 5.1.1


class BadBodyError(ValueError):
    """A body that is not one file as Streamlit's page sends it."""


class UploadBody:
    """Takes a body of ``multipart/form-data`` with one file apart (RFC 7578).

    Parameters
    ----------
    content_type : str
        Header of the request, with the boundary.
    write : callable
        Gets the content of the file, part by part.

    Raises
    ------
    BadBodyError
        Where it is no such body.
    """

    def __init__(self, content_type: str, write: Callable[[bytes], None]) -> None:
        kind, options = parse_options_header(content_type)
        self._boundary = options.get(b"boundary", b"")
        is_known = kind == b"multipart/form-data"
        if not is_known or not 0 < len(self._boundary) <= _LONGEST_BOUNDARY:
            raise BadBodyError("Uploads are sent as multipart/form-data.")
        self._write = write
        self._header = b""
        self._parts = 0
        self._is_complete = False
        self._in_value = False
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_begin": lambda: self._head(b"", b"\r\n"),
            "on_header_field": lambda data, start, end: self._head(data[start:end]),
            "on_header_value": self._value,
            "on_part_data": lambda data, start, end: self._write(data[start:end]),
            "on_end": self._end,
        }
        self._parser = MultipartParser(self._boundary, callbacks)

    def feed(self, part: bytes) -> None:
        """Take the next part of the body.

        Raises
        ------
        BadBodyError
            Where it is not one file.
        """
        try:
            self._parser.write(part)
        except MultipartParseError as error:
            raise BadBodyError("The upload is not sent as one file.") from error

    def with_content(self, content: bytes) -> bytes:
        """Return the whole body with something else in the place of the file's content.

        Raises
        ------
        BadBodyError
            Where the body is not complete.
        """
        if not self._is_complete or self._parts != 1:
            raise BadBodyError("The upload is cut short.")
        border = b"--" + self._boundary
        return b"".join([border, self._header, b"\r\n\r\n", content, b"\r\n", border, b"--\r\n"])

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise BadBodyError("The upload holds more than one file.")

    def _head(self, name: bytes, before: bytes = b"") -> None:
        self._in_value = False
        self._extend(before + name)

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._extend((b"" if self._in_value else b": ") + data[start:end])
        self._in_value = True

    def _extend(self, more: bytes) -> None:
        self._header += more
        if len(self._header) > _LONGEST_HEADER_BYTES:
            raise BadBodyError("The name of the file is too long.")

    def _end(self) -> None:
        self._is_complete = True
