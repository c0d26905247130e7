"""Nothing of the patient gets into logs, addresses and names of files, whatever is done."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect

from core.home.private_files import is_private
from tests.support.app_server import Server
from tests.support.drawn_series import add_series, new_home
from tests.support.orthanc import Orthanc, give, write_archive
from tests.support.pages import PERSON
from tests.support.stored_series import put_mask

pytestmark = pytest.mark.browser

NAME, FAMILY, IDENTIFIER = "Xanthippe", "Quirinus", "QX-4711-ZZ"


@pytest.fixture
def archive(orthanc_program: str, demo_slices: list[Path], tmp_path: Path) -> Iterator[Orthanc]:
    """An archive with a series of a patient whose name stands nowhere else."""
    folder = tmp_path / "secret"
    folder.mkdir()
    for path in demo_slices:
        dataset = pydicom.dcmread(path)
        dataset.PatientName, dataset.PatientID = f"{FAMILY}^{NAME}", IDENTIFIER
        dataset.save_as(folder / path.name)
    orthanc = Orthanc(orthanc_program, tmp_path / "orthanc")
    try:
        give(orthanc.start(), folder)
        yield orthanc
    finally:
        orthanc.stop()


def test_logs_addresses_and_file_names_tell_nothing_of_the_patient(
    page: Page, archive: Orthanc, tmp_path: Path
) -> None:
    server = Server(new_home(tmp_path))
    write_archive(server.home, archive.url)
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    server.start()
    try:
        uids = whole_job(page, server, archive)
    finally:
        server.kill()
    server.check_log()
    log = server.log.read_text()
    names = "\n".join(str(path.relative_to(server.home)) for path in server.home.rglob("*"))
    told = {"log": log, "addresses": "\n".join(addresses), "file names": names}
    for where, text in told.items():
        for secret in (NAME, FAMILY, IDENTIFIER, *uids):
            assert secret.lower() not in text.lower(), where
    # But for the series that this test adds itself, everything was written by the server.
    written = [path for path in server.home.rglob("*") if "series" not in path.parts]
    assert len(written) > 30 and [path for path in written if not is_private(path)] == []


def whole_job(page: Page, server: Server, archive: Orthanc) -> list[str]:
    """Search, open, draw, write everything, store; then let the archive fail. Return UIDs."""
    page.goto(server.url)
    page.get_by_role("textbox", name="Patient name").fill(f"{FAMILY}, {NAME}")
    page.get_by_role("textbox", name="Patient ID").fill(IDENTIFIER)
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("button", name="Fetch").click()
    found = page.locator(".st-key-found-0")
    found.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_test_id("banner")).to_contain_text(FAMILY)
    expect(page.get_by_role("textbox", name="Structure")).to_be_visible()
    assert "series=" in page.url

    copy = next((server.home / "archive").iterdir())
    # The same slices as a series of its own, with a segment: what drawing would leave behind.
    drawn = add_series(server, sorted(copy.iterdir()), "drawn")
    mask = np.zeros((256, 256), bool)
    mask[100:140, 90:150] = True
    put_mask(drawn.store, drawn.uid, 1, 5, mask=mask, person=PERSON)
    page.goto(drawn.address("export"))
    for what in ("NIfTI", "RTSTRUCT", "PNG", "CSV", "de-identified copy", "DICOM-SEG"):
        page.get_by_role("button", name=f"Create {what}", exact=True).click()
        download = page.get_by_role("button", name="Download slicewise")
        ending = {
            "NIfTI": ".nii.gz",
            "RTSTRUCT": ".rtstruct.dcm",
            "PNG": ".png.zip",
            "CSV": ".csv",
            "de-identified copy": ".deidentified.zip",
        }.get(what, ".dcm")
        expect(download).to_contain_text(ending)
    page.get_by_role("button", name="Store in the archive").click()
    expect(page.get_by_text("Stored in the archive.")).to_be_visible()

    archive.stop()
    page.get_by_role("button", name="Create DICOM-SEG").click()
    page.get_by_role("button", name="Store in the archive").click()
    expect(page.get_by_text("does not answer")).to_be_visible()
    page.goto(server.url)
    page.get_by_role("textbox", name="Patient name").fill(f"{FAMILY}, {NAME}")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("does not answer")).to_be_visible()
    first = pydicom.dcmread(next(copy.iterdir()))
    return [str(first.StudyInstanceUID), str(first.SeriesInstanceUID), drawn.uid]
