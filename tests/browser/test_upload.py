"""Uploading a series in a real browser: single files, an archive, and archives that are refused."""

import io
import re
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.support.app_server import Server
from tests.support.file_mutations import zip_bomb

pytestmark = pytest.mark.browser


def choose(page: Page, server: Server, files: list[FilePayload] | list[Path]) -> None:
    """Choose files on the first page and wait until they are sent."""
    page.goto(server.url)
    page.locator('[data-testid="stFileUploader"] input[type="file"]').first.set_input_files(files)
    chosen = page.locator('[data-testid="stFileChip"]')
    expect(chosen).to_have_count(len(files))
    expect(page.locator('[data-testid="stFileChipIconSpinner"]')).to_have_count(0)


def upload(page: Page, server: Server, files: list[FilePayload] | list[Path]) -> None:
    """Choose files on the first page and store them."""
    choose(page, server, files)
    page.get_by_role("button", name="Upload and list series").click()


def archive(members: dict[str, bytes]) -> FilePayload:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return zip_payload(stream.getvalue())


def zip_payload(content: bytes) -> FilePayload:
    return {"name": "series.zip", "mimeType": "application/zip", "buffer": content}


def stored(server: Server) -> set[Path]:
    return set((server.home / "uploads").glob("*"))


def test_single_files_are_stored_told_of_and_opened(
    page: Page, server: Server, demo_slices: list[Path]
) -> None:
    upload(page, server, demo_slices[:3])
    expect(page.get_by_text("Stored 3 files")).to_be_visible()
    found = page.locator(".st-key-found-0")
    expect(found.get_by_text(re.compile("^3 × 256 × 256, 5 × 1.5 × 1.5 mm"))).to_be_visible()
    found.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_text("What do you want to annotate?")).to_be_visible()


def test_an_archive_is_unpacked_under_neutral_names(
    page: Page, server: Server, demo_slices: list[Path]
) -> None:
    before = stored(server)
    members = {f"Patient Name/{path.name}": path.read_bytes() for path in demo_slices[:4]}
    upload(page, server, [archive(members)])
    expect(page.get_by_text("Stored 4 files")).to_be_visible()
    found = page.locator(".st-key-found-0")
    expect(found.get_by_text(re.compile("^4 × 256 × 256"))).to_be_visible()
    (folder,) = stored(server) - before
    assert sorted(path.name for path in folder.iterdir()) == [f"{n:06d}" for n in range(1, 5)]


def waiting(server: Server) -> list[Path]:
    return list((server.home / "temporary").glob("upload-*"))


def wait_until_nothing_waits(server: Server) -> None:
    deadline = time.monotonic() + 300
    while waiting(server):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def memory_mib(server: Server, name: str) -> int:
    """Memory that the server has ("VmRSS"), or had at most since it was last counted ("VmHWM")."""
    assert server.process is not None
    process = Path(f"/proc/{server.process.pid}")
    value = re.search(rf"{name}:\s+(\d+) kB", (process / "status").read_text())
    (process / "clear_refs").write_text("5")  # counts anew
    assert value is not None
    return int(value[1]) // 1024


def test_a_large_file_takes_no_memory_of_the_server_and_lies_on_its_disk_once(
    page: Page, server: Server, demo_slices: list[Path], tmp_path: Path
) -> None:
    path, size = tmp_path / "large.dcm", 200 * 2**20
    padded = pydicom.dcmread(demo_slices[0])
    # Data Set Trailing Padding (PS3.10 section 7.2), which lies behind the pixels.
    padded.add_new(0xFFFCFFFC, "OB", bytes(size))
    padded.save_as(path)
    size = path.stat().st_size
    before, known = memory_mib(server, "VmRSS"), stored(server)
    upload(page, server, [path])
    expect(page.get_by_text("Stored 1 file")).to_be_visible()
    assert memory_mib(server, "VmHWM") - before < 100
    (folder,) = stored(server) - known
    assert [one.stat().st_size for one in folder.iterdir()] == [size]
    wait_until_nothing_waits(server)
    shutil.rmtree(folder)


def test_what_a_tab_did_not_store_is_deleted_with_it(
    page: Page, server: Server, demo_slices: list[Path]
) -> None:
    choose(page, server, demo_slices[:2])
    assert len(waiting(server)) == 2
    page.close()
    wait_until_nothing_waits(server)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: archive({"../outside.dcm": b"x"})["buffer"], "leads outside"),
        (lambda: zip_bomb(300 * 2**20), "unpacks to far more than images do"),
    ],
    ids=["name that leads outside", "bomb"],
)
def test_archives_that_mean_harm_are_refused_and_leave_nothing(
    page: Page, server: Server, content: Callable[[], bytes], message: str
) -> None:
    before = stored(server)
    upload(page, server, [zip_payload(content())])
    expect(page.get_by_text(message)).to_be_visible()
    assert stored(server) == before


def test_a_file_that_is_no_image_is_named_as_the_person_knows_it_and_not_kept(
    page: Page, server: Server
) -> None:
    before = stored(server)
    notes: FilePayload = {
        "name": "my notes.txt",
        "mimeType": "text/plain",
        "buffer": b"Not an image. " * 20,
    }
    upload(page, server, [notes])
    expect(page.get_by_text("my notes.txt is not a DICOM file.")).to_be_visible()
    expect(page.get_by_text("Nothing was kept of my notes.txt")).to_be_visible()
    expect(page.get_by_text("Stored 1 file")).to_have_count(0)
    assert stored(server) == before


def test_a_damaged_file_among_others_is_named_as_the_person_knows_it(
    page: Page, server: Server, demo_slices: list[Path]
) -> None:
    files: list[FilePayload] = [
        {"name": f"scan {number}.dcm", "mimeType": "application/dicom", "buffer": content}
        for number, content in enumerate(path.read_bytes() for path in demo_slices[:3])
    ]
    files[1]["buffer"] = files[1]["buffer"][:-1000]
    upload(page, server, files)
    expect(page.get_by_text("scan 1.dcm").first).to_be_visible()
