"""Bodies of uploads, in parts of every size, whole and broken."""

import pytest

from pages.server.upload_bodies import BadBodyError, UploadBody

TYPE = "multipart/form-data; boundary=xyz"
CONTENT = b"\r\n--xy\r\n\r\n" + bytes(range(256)) + b"--xyz"
HEAD = (
    b'Content-Disposition: form-data; name="f"; filename="a \xc3\xa4.dcm"\r\n'
    b"Content-Type: application/dicom"
)
WHOLE = b"--xyz\r\n" + HEAD + b"\r\n\r\n" + CONTENT + b"\r\n--xyz--\r\n"


def take_apart(whole: bytes) -> bytes:
    body = UploadBody(TYPE, lambda part: None)
    body.feed(whole)
    return body.with_content(b"")


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_content_is_taken_out_and_all_else_stays(size: int) -> None:
    content: list[bytes] = []
    body = UploadBody(TYPE, content.append)
    for at in range(0, len(WHOLE), size):
        body.feed(WHOLE[at : at + size])
    assert b"".join(content) == CONTENT
    assert body.with_content(b"short") == b"--xyz\r\n" + HEAD + b"\r\n\r\nshort\r\n--xyz--\r\n"


@pytest.mark.parametrize(
    "broken",
    [
        WHOLE[:-20],
        b"",
        b"no parts at all",
        WHOLE.replace(b"--xyz--", b"--xyz") + WHOLE,
        b"--xyz\r\n: \r\n\r\n\r\n--xyz--\r\n",
        b"--xyz\r\nX: " + b"y" * 10_000 + b"\r\n\r\n\r\n--xyz--\r\n",
        b"--xyz\r\n" + b"X: y\r\n" * 5000 + b"\r\n\r\n--xyz--\r\n",
        b"--xyz--\r\n",
    ],
    ids=["cut", "empty", "no parts", "two files", "no name", "long header", "many", "none"],
)
def test_what_is_not_one_file_is_refused(broken: bytes) -> None:
    with pytest.raises(BadBodyError):
        take_apart(broken)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/x; boundary=xyz",
        "multipart/form-data; boundary=",
        TYPE + "x" * 100,
    ],
)
def test_other_kinds_of_bodies_are_refused(content_type: str) -> None:
    with pytest.raises(BadBodyError, match="multipart/form-data"):
        UploadBody(content_type, lambda part: None)
