"""Pictures of series that teach another one, as the documents show them.

python -m benchmarks.teacher_pictures docs/images

The phantom as three patients of different places and sizes: the liver of two is drawn, they are
chosen on the Series page, and the third opens with proposals from them. No other data is shown.
"""

import argparse
import re
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from core.annotation.actions import save_drawing
from core.annotation.store import AnnotationStore
from core.demo import write_demo_series
from core.dicom.configuration import configure_libraries
from core.dicom.reading import find_series
from core.dicom.slice_names import slice_names
from core.home.opened_series import remember_series
from core.home.settings import default_url
from core.home.tour import close_tour
from tests.browser.conftest import FLAGS
from tests.support.app_server import Server
from tests.support.drawn_series import new_home
from tests.support.page_conditions import wait_until_true
from tests.support.pages import PERSON
from tests.support.phantom_patients import FIRST, SLICES, Patient, write_patient
from tests.support.segments import LIVER_SEGMENT
from tests.support.slice_editor_driver import wait_until_drawable

WINDOW: ViewportSize = {"width": 1280, "height": 720}
TIMEOUT_MS = 120_000
PROPOSING_MS = 600_000  # the model is compiled first


def main() -> None:
    """Make both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write PNG files")
    arguments = parser.parse_args()
    configure_libraries()
    expect.set_options(timeout=TIMEOUT_MS)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = new_home(Path(folder))
        close_tour(home, PERSON)
        first, second, third = write_patients(home / "series")
        taught = [annotated(home, patient) for patient in (first, second)]
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=FLAGS)
        server = Server(home).start()
        try:
            page = browser.new_page(viewport=WINDOW)
            page.set_default_timeout(TIMEOUT_MS)
            for key in taught:  # which puts it among the recent series
                show(page, server, key)
            choose_teachers(page, server, arguments.folder / "teachers-chosen.png")
            opened = remember_series(home, third.summary.uid, third.folder)
            show_taught(page, server, opened.key, arguments.folder / "teachers-taught.png")
        finally:
            server.kill()
            browser.close()


def write_patients(folder: Path) -> list[Patient]:
    """Three patients, of which the last differs from both others."""
    write_demo_series(folder / "demonstration")
    slices = list(find_series(folder / "demonstration")[0].files[FIRST : FIRST + SLICES])
    return [
        write_patient(folder / "Alder", slices, "Alder", shift=(0, 0), size=1.0, gain=1.0),
        write_patient(folder / "Birch", slices, "Birch", shift=(6, -8), size=1.05, gain=1.1),
        write_patient(folder / "Cedar", slices, "Cedar", shift=(-5, 6), size=0.96, gain=0.93),
    ]


def annotated(home: Path, patient: Patient) -> str:
    """Draw all of the liver; the key under which the series is opened."""
    summary, number = patient.summary, LIVER_SEGMENT.number
    store = AnnotationStore(default_url(home))
    store.open_annotation(summary.uid, slice_names(summary), summary.rows, summary.columns)
    store.save_segment(summary.uid, LIVER_SEGMENT, PERSON)
    for index, mask in enumerate(patient.masks["liver"]):
        if mask.any():
            save_drawing(store, summary.uid, number, index, mask, person=PERSON, tool="brush")
    store.close()
    return remember_series(home, summary.uid, patient.folder).key


def show(page: Page, server: Server, key: str) -> None:
    """Open a series in the editor."""
    page.goto(f"{server.url}/annotate?series={key}")
    wait_until_drawable(page)


def choose_teachers(page: Page, server: Server, path: Path) -> None:
    """Tick both annotated series on the Series page, and take the picture."""
    page.goto(server.url)
    page.get_by_text("Propose from: none").click()
    for name in ("Alder", "Birch"):
        box = page.get_by_test_id("stCheckbox").filter(has_text=name)
        box.locator("label").click()
        expect(box.locator("input")).to_be_checked()
    expect(page.get_by_text("Propose from: 2 earlier series")).to_be_visible()
    page.mouse.move(0, 0)
    page.screenshot(path=path)


def show_taught(page: Page, server: Server, key: str, path: Path) -> None:
    """Open the third series, wait until all of it is proposed, and take the picture."""
    show(page, server, key)
    review = page.get_by_role("button", name=re.compile(r"^Review \d+ proposals$"))
    expect(review).to_be_enabled(timeout=PROPOSING_MS)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=PROPOSING_MS)
    wait_until_true(page, "() => slicewiseEditor.app.info.loaded !== false")
    expect(page.locator(".place")).to_contain_text("from 2 series")
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
