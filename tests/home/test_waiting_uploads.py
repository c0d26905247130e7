"""Uploaded files wait on the disk, within their quota, for as long as somebody may want them."""

from pathlib import Path

import pytest

from core.dicom.errors import DicomError
from core.home import uploads as stored
from core.home import waiting_uploads
from core.home.uploads import store_upload
from core.home.waiting_uploads import NoRoomError, UploadKey, WaitingUploads

QUOTA = 10_000
FIRST, SECOND = UploadKey("tab", "first"), UploadKey("tab", "second")


class Known:
    """What the pages still know of."""

    def __init__(self) -> None:
        self.keys = {FIRST, SECOND}
        self.uploads = WaitingUploads(lambda key: key in self.keys, 0.0, look_every_s=0.01)


@pytest.fixture
def known() -> Known:
    return Known()


def received(known: Known, home: Path, key: UploadKey, content: bytes) -> None:
    coming = known.uploads.receive(home, QUOTA, len(content))
    coming.write(content)
    coming.finish()
    coming.keep(key)


def waiting(home: Path) -> list[Path]:
    return list((home / "temporary").iterdir())


def test_a_file_is_opened_by_its_key_and_readable_by_its_owner_alone(
    known: Known, tmp_path: Path
) -> None:
    received(known, tmp_path, FIRST, b"content")
    (path,) = waiting(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    with known.uploads.open(FIRST) as stream:
        assert stream.read() == b"content"
    with pytest.raises(DicomError, match="choose it again"):
        known.uploads.open(SECOND)


def test_a_file_goes_once_nobody_knows_it_and_another_takes_its_place(
    known: Known, tmp_path: Path
) -> None:
    received(known, tmp_path, FIRST, b"1")
    received(known, tmp_path, FIRST, b"2")
    received(known, tmp_path, SECOND, b"3")
    assert len(waiting(tmp_path)) == len(known.uploads) == 2
    known.keys.clear()
    while len(known.uploads):
        pass
    assert waiting(tmp_path) == []
    known.keys.add(FIRST)
    received(known, tmp_path, FIRST, b"4")  # the thread that looked has ended, or goes on
    assert len(known.uploads) == 1


def test_a_file_stays_for_a_tab_that_may_come_back(tmp_path: Path) -> None:
    known = Known()
    known.uploads.kept_s = 3600.0
    received(known, tmp_path, FIRST, b"content")
    known.keys.clear()
    known.uploads.remove_unwanted()
    assert len(known.uploads) == 1
    known.uploads.kept_s = 0.0


def test_what_waits_and_what_is_stored_share_one_quota(known: Known, tmp_path: Path) -> None:
    received(known, tmp_path, FIRST, bytes(4000))
    with (tmp_path / "series").open("w+b") as stream:
        stream.write(bytes(4000))
        stream.seek(0)
        store_upload([("series", stream)], tmp_path, quota_bytes=QUOTA)
    with pytest.raises(NoRoomError, match="no room"):
        known.uploads.receive(tmp_path, QUOTA, 2001)
    coming = known.uploads.receive(tmp_path, QUOTA)  # a length need not be stated
    coming.write(bytes(1500))
    with pytest.raises(NoRoomError, match="no room"):
        coming.write(bytes(501))
    coming.drop()
    known.uploads.remove(FIRST)
    received(known, tmp_path, SECOND, bytes(6000))
    assert len(waiting(tmp_path)) == 1


def test_files_that_come_at_the_same_time_share_it_as_well(known: Known, tmp_path: Path) -> None:
    one, other = (known.uploads.receive(tmp_path, QUOTA, 6000) for _ in range(2))
    one.write(bytes(6000))
    other.write(bytes(4000))
    with pytest.raises(NoRoomError):
        other.write(b"0")
    other.drop()
    one.drop()
    assert waiting(tmp_path) == []


def test_even_files_without_content_are_counted(
    known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_uploads, "MAX_ARCHIVE_ENTRIES", 1)
    received(known, tmp_path, FIRST, b"")
    with pytest.raises(NoRoomError):
        known.uploads.receive(tmp_path, QUOTA)


def test_the_disk_does_not_fill_up(
    known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_FREE_BYTES_KEPT", 2**62)
    with pytest.raises(NoRoomError):
        known.uploads.receive(tmp_path, QUOTA, 1)
