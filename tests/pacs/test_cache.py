"""Series of a real archive, kept here for a while."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pydicom
import pytest

from core.dicom.reading import find_series, read_series
from core.pacs.cache import delete_kept, fetch_series, kept_folder, list_kept, tidy
from core.pacs.settings import Archive, ArchiveError, Cache
from tests.support.orthanc import Orthanc, fill, give
from tests.support.synthetic_series import PLACEMENTS, write_series


def test_a_series_arrives_as_it_was_stored(
    archive: Archive, mr_uids: tuple[str, str], shared_data: Path, tmp_path: Path
) -> None:
    steps = []
    folder = fetch_series(
        archive, *mr_uids, tmp_path, lambda done, total: steps.append((done, total))
    )
    assert steps[0] == (0, 22) and steps[-1] == (22, 22)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    (original,) = find_series(shared_data / "dicom" / "nd320_study1_t1post")
    (fetched,) = find_series(folder)
    assert fetched.uid == original.uid
    assert np.array_equal(read_series(fetched).volume, read_series(original).volume)
    for mine, theirs in zip(fetched.records, original.records, strict=True):
        assert pydicom.dcmread(mine.path) == pydicom.dcmread(theirs.path)


def test_names_tell_nothing(archive: Archive, mr_uids: tuple[str, str], tmp_path: Path) -> None:
    folder = fetch_series(archive, *mr_uids, tmp_path)
    for path in (folder, *folder.iterdir()):
        assert len(path.name) == 32 and set(path.name) <= set("0123456789abcdef")


def test_what_is_here_is_not_fetched_again_and_what_is_missing_is(
    archive: Archive, mr_uids: tuple[str, str], tmp_path: Path
) -> None:
    folder = fetch_series(archive, *mr_uids, tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    lost = sorted(folder.iterdir())[3]
    lost.unlink()
    steps = []
    fetch_series(archive, *mr_uids, tmp_path, lambda done, _: steps.append(done))
    assert steps[0] == 21
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(after) == set(before)
    assert {name for name in before if after[name] != before[name]} == {lost.name}


def test_an_archive_that_stops_in_the_middle_loses_nothing(
    orthanc_program: str,
    archive: Archive,
    mr_uids: tuple[str, str],
    shared_data: Path,
    tmp_path: Path,
) -> None:
    server = Orthanc(orthanc_program, tmp_path / "server")
    try:
        fill(server.start(), shared_data)
        own = replace(archive, url=server.url)
        folder = fetch_series(own, *mr_uids, tmp_path)
        for path in sorted(folder.iterdir())[1:]:
            path.unlink()

        def stop_at_five(done: int, _: int) -> None:
            if done == 5:
                server.stop()

        with pytest.raises(ArchiveError, match="does not answer"):
            fetch_series(own, *mr_uids, tmp_path, stop_at_five)
        arrived = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
        assert len(arrived) == 5
        with pytest.raises(ArchiveError, match="does not answer"):
            fetch_series(own, *mr_uids, tmp_path)
        server.start()
        fetch_series(own, *mr_uids, tmp_path)
        after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
        assert len(after) == 22 and arrived.items() <= after.items()
        assert find_series(folder)[0].slices == 22
    finally:
        server.stop()


def test_a_series_that_breaks_off_while_it_streams_is_continued(
    orthanc_program: str, archive: Archive, tmp_path: Path
) -> None:
    # More than connections hold back on their own: 30 MB.
    write_series(tmp_path / "series", PLACEMENTS[0], slices=60, rows=512, columns=512)
    (summary,) = find_series(tmp_path / "series")
    uids = summary.study_uid, summary.series_instance_uid
    server = Orthanc(orthanc_program, tmp_path / "server")
    try:
        give(server.start(), tmp_path / "series")
        own = replace(archive, url=server.url)

        def stop_at_three(done: int, _: int) -> None:
            if done == 3:
                server.stop()

        with pytest.raises(ArchiveError, match=r"does not answer|broke off"):
            fetch_series(own, *uids, tmp_path, stop_at_three)
        arrived = list_kept(tmp_path)[0].files
        assert 3 <= arrived < 60
        server.start()
        steps = []
        fetch_series(own, *uids, tmp_path, lambda done, _: steps.append(done))
        assert steps[0] == arrived and steps[-1] == list_kept(tmp_path)[0].files == 60
    finally:
        server.stop()


def kept(home: Path, name: str, megabytes: int, days_ago: float) -> Path:
    folder = home / "archive" / name
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(bytes(megabytes * 10**6))
    used = (datetime.now(UTC) - timedelta(days=days_ago)).timestamp()
    os.utime(folder, (used, used))
    return folder


def test_old_copies_go_first_then_the_longest_unused(tmp_path: Path) -> None:
    ages = {"a": 0, "b": 1, "c": 2, "d": 40}
    for name, days in ages.items():
        kept(tmp_path, name, 3, days)
    assert [one.folder.name for one in list_kept(tmp_path)] == list("abcd")
    tidy(tmp_path, Cache(gigabytes=1, days=30))
    assert [one.folder.name for one in list_kept(tmp_path)] == list("abc")
    tidy(tmp_path, Cache(gigabytes=0.007, days=30))
    assert [one.folder.name for one in list_kept(tmp_path)] == list("ab")
    tidy(tmp_path, Cache(gigabytes=0.001, days=0.5), keep=tmp_path / "archive" / "b")
    assert [one.folder.name for one in list_kept(tmp_path)] == list("b")


def test_a_series_larger_than_the_bound_is_refused_and_others_make_room(
    archive: Archive, mr_uids: tuple[str, str], tmp_path: Path
) -> None:
    other = kept(tmp_path, "other", 2, 1)
    small = replace(archive, cache=Cache(gigabytes=0.005))
    with pytest.raises(ArchiveError, match=r"raise cache\.gigabytes"):
        fetch_series(small, *mr_uids, tmp_path)
    assert sum(one.size for one in list_kept(tmp_path)) <= 5e6
    enough = replace(archive, cache=Cache(gigabytes=0.0125))
    fetch_series(enough, *mr_uids, tmp_path)
    assert not other.exists()
    assert sum(one.size for one in list_kept(tmp_path)) <= 12.5e6


def test_copies_can_be_deleted_and_nothing_else(
    archive: Archive, mr_uids: tuple[str, str], tmp_path: Path
) -> None:
    folder = fetch_series(archive, *mr_uids, tmp_path)
    assert folder == kept_folder(tmp_path, *mr_uids)
    (tmp_path / "precious").mkdir()
    for name in ("../precious", "..", "", "none"):
        with pytest.raises(ArchiveError, match="no such copy"):
            delete_kept(tmp_path, name)
    delete_kept(tmp_path, folder.name)
    assert list_kept(tmp_path) == [] and (tmp_path / "precious").is_dir()
