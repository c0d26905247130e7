import io
import os
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.home import uploads
from core.home.uploads import (
    Upload,
    delete_expired,
    delete_upload,
    list_uploads,
    store_upload,
)
from tests.support.synthetic_series import PLACEMENTS, write_series


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def zipped(members: Any, **settings: Any) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **settings) as archive:
        for name, content in members:
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def refuse(files: Any, message: str, home: Path) -> None:
    with pytest.raises(DicomError, match=message):
        store_upload(files, home)
    assert list_uploads(home) == []
    assert list((home / "uploads").iterdir()) == []


def test_files_are_copied_under_home_with_names_that_tell_nothing(
    home: Path, tmp_path: Path
) -> None:
    write_series(tmp_path / "Doe, Jane", PLACEMENTS[0])
    files = [(path.name, path.open("rb")) for path in (tmp_path / "Doe, Jane").iterdir()]
    upload = store_upload(files, home)
    assert upload.folder.parent == home / "uploads"
    assert sorted(path.name for path in upload.folder.iterdir()) == [
        f"{number:06d}" for number in range(1, 10)
    ]
    assert find_series(upload.folder)[0].slices == upload.files == 9
    assert stat.S_IMODE(upload.folder.stat().st_mode) == 0o700


def test_archives_are_unpacked_whatever_their_folders(home: Path, tmp_path: Path) -> None:
    written = write_series(tmp_path / "series", PLACEMENTS[1])
    members = [(f"a/Ä b/{path.name}.x", path.read_bytes()) for path in written.folder.iterdir()]
    upload = store_upload(
        [("scan.zip", zipped([("a/", b""), *members])), ("b", io.BytesIO(b"b"))], home
    )
    assert upload.files == 10
    assert find_series(upload.folder)[0].slices == 9


def test_uploads_are_listed_and_deleted(home: Path) -> None:
    first = store_upload([("a", io.BytesIO(b"a"))], home)
    second = store_upload([("b", io.BytesIO(b"b"))], home)
    assert {upload.identifier for upload in list_uploads(home)} == {
        first.identifier,
        second.identifier,
    }
    delete_upload(first.identifier, home)
    assert [upload.identifier for upload in list_uploads(home)] == [second.identifier]
    assert not first.folder.exists()
    with pytest.raises(DicomError, match="no such upload"):
        delete_upload(first.identifier, home)


@pytest.mark.parametrize("identifier", ["..", "", ".", "../uploads", "a" * 32, "/etc"])
def test_only_uploads_can_be_deleted(home: Path, identifier: str) -> None:
    kept = store_upload([("a", io.BytesIO(b"a"))], home)
    with pytest.raises(DicomError, match="no such upload"):
        delete_upload(identifier, home)
    assert kept.folder.is_dir()


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/etc/evil", "..\\evil", "C:\\evil", "\\\\host\\evil"]
)
def test_archives_with_names_that_lead_outside_are_refused(
    home: Path, tmp_path: Path, name: str
) -> None:
    refuse([("a.zip", zipped([("good", b"x"), (name, b"x")]))], "leads outside", home)
    assert not list(tmp_path.rglob("*evil*"))


def test_archives_with_links_are_refused(home: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refuse([("a.zip", zipped([(link, "/etc/passwd")]))], "holds a link", home)


def test_archives_that_unpack_to_far_too_much_are_refused(home: Path) -> None:
    bomb = zipped([("zeros", bytes(2**27))], compresslevel=9)
    refuse([("bomb.zip", bomb)], "far more than images do", home)


def test_sizes_that_an_archive_states_are_not_believed(home: Path) -> None:
    """The directory says 10 bytes for a member that inflates to 128 MiB."""
    content = bytes(2**27)
    bomb = zipped([("zeros", content)], compresslevel=9).getvalue()
    lying = bomb.replace(len(content).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != bomb
    refuse([("bomb.zip", io.BytesIO(lying))], "far more than|damaged", home)


def test_damaged_and_encrypted_archives_are_refused(home: Path) -> None:
    whole = zipped([("a", os.urandom(5000))]).getvalue()
    refuse([("a.zip", io.BytesIO(whole[:3000]))], "damaged", home)
    broken = bytearray(whole)
    broken[2000] ^= 0xFF
    refuse([("a.zip", io.BytesIO(bytes(broken)))], "damaged", home)
    encrypted = bytearray(whole)
    for marker, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(marker) + offset] |= 1
    refuse([("a.zip", io.BytesIO(bytes(encrypted)))], "is encrypted", home)


def test_uploads_beyond_the_limits_are_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 1000)
    refuse([("a", io.BytesIO(bytes(600))), ("b", io.BytesIO(bytes(600)))], "too large", home)
    monkeypatch.setattr(uploads, "MAX_ARCHIVE_ENTRIES", 2)
    refuse([(str(n), io.BytesIO(b"x")) for n in range(3)], "more than 2 files", home)


def test_uploads_without_files_are_refused(home: Path) -> None:
    refuse([], "holds no files", home)
    refuse([("a.zip", zipped([]))], "holds no files", home)


def test_archives_inside_archives_are_kept_as_files(home: Path) -> None:
    inner = zipped([("a", b"a")]).getvalue()
    upload = store_upload([("outer.zip", zipped([("inner.zip", inner)]))], home)
    assert [path.read_bytes() for path in upload.folder.iterdir()] == [inner]


def aged(upload: Upload, days: float) -> Upload:
    moment = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(upload.folder, (moment, moment))
    return upload


def test_copies_are_deleted_once_their_time_is_over_and_not_before(tmp_path: Path) -> None:
    old = aged(store_upload([("a", io.BytesIO(b"old"))], tmp_path), 8)
    young = aged(store_upload([("a", io.BytesIO(b"young"))], tmp_path), 6)
    assert delete_expired(None, tmp_path) == []
    assert delete_expired(timedelta(days=7), tmp_path) == [old.folder]
    assert [one.identifier for one in list_uploads(tmp_path)] == [young.identifier]


def test_what_a_broken_upload_left_is_deleted_after_a_day(tmp_path: Path) -> None:
    for name, days in (("a.part", 2), ("b.part", 0)):
        folder = tmp_path / "uploads" / name
        folder.mkdir(parents=True)
        (folder / "000001").write_bytes(b"half")
        moment = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(folder, (moment, moment))
    delete_expired(None, tmp_path)
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["b.part"]


def test_progress_counts_files_and_bytes(tmp_path: Path) -> None:
    seen = []
    files = [("a", io.BytesIO(b"123")), ("b", io.BytesIO(b"4567"))]
    store_upload(files, tmp_path, lambda done, size: seen.append((done, size)))
    assert seen == [(1, 3), (2, 7)]


def test_a_copy_in_use_outlives_its_time(tmp_path: Path) -> None:
    old = aged(store_upload([("a", io.BytesIO(b"old"))], tmp_path), 8)
    assert delete_expired(timedelta(days=7), tmp_path, kept={old.folder}) == []
    assert [one.identifier for one in list_uploads(tmp_path)] == [old.identifier]


def test_all_copies_together_take_no_more_than_they_may(tmp_path: Path) -> None:
    store_upload([("a", io.BytesIO(bytes(600)))], tmp_path, quota_bytes=1000)
    with pytest.raises(DicomError, match="too large for the space there is"):
        store_upload([("b", io.BytesIO(bytes(600)))], tmp_path, quota_bytes=1000)
    store_upload([("b", io.BytesIO(bytes(400)))], tmp_path, quota_bytes=1000)
    with pytest.raises(DicomError, match="take all the space they may; delete some"):
        store_upload([("c", io.BytesIO(b"c"))], tmp_path, quota_bytes=1000)
    assert len(list_uploads(tmp_path)) == 2
