"""Pictures of the pages with the demonstration series, as the documents show them.

python benchmarks/page_pictures.py docs/images

Three structures of the phantom are drawn on a few slices and proposed on the others; some proposals
are accepted and one is corrected. No other data is shown.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Browser, expect, sync_playwright
from scipy.ndimage import binary_dilation

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.annotation.actions import accept_range, save_drawing  # noqa: E402
from core.annotation.ends import state_end  # noqa: E402
from core.annotation.proposal_storing import store_proposals  # noqa: E402
from core.annotation.store import AnnotationStore  # noqa: E402
from core.demo import demo_masks, write_demo_series  # noqa: E402
from core.dicom.configuration import configure_libraries  # noqa: E402
from core.dicom.progressive import SeriesReading  # noqa: E402
from core.dicom.reading import find_series  # noqa: E402
from core.home.opened_series import remember_series  # noqa: E402
from core.home.settings import default_url  # noqa: E402
from core.home.tour import close_tour  # noqa: E402
from core.network.engine import load_engine  # noqa: E402
from core.proposals.proposer import SegmentExamples, propose  # noqa: E402
from core.segments.anatomy import search  # noqa: E402
from core.segments.ends import End  # noqa: E402
from core.segments.segment import Segment, default_color  # noqa: E402
from tests.browser.conftest import FLAGS  # noqa: E402
from tests.support import simple_canvas_driver as simple_canvas  # noqa: E402
from tests.support import slice_editor_driver as slice_editor  # noqa: E402
from tests.support.app_server import Server  # noqa: E402
from tests.support.drawn_series import new_home  # noqa: E402
from tests.support.page_conditions import wait_until_true  # noqa: E402
from tests.support.pages import PERSON  # noqa: E402

DRAWN = {"liver": 3, "spleen": 2, "left kidney": 2}
"""Structures, and on how many slices each is drawn."""

WIDE, NARROW = (1600, 1000), (820, 1180)
TIMEOUT_MS = 120_000
SETTLES_MS = 4_000  # all slices have come, and planes are whole


@dataclass(frozen=True)
class Picture:
    """A picture of a page.

    Attributes
    ----------
    name : str
        Of the file, without its ending.
    page : str
        Page of the app.
    size : tuple of int
        Width and height of the window.
    scheme : str
        "light" or "dark".
    key : str
        Pressed before.
    editor : str
        What the server lets people draw with.
    """

    name: str
    page: str = "annotate"
    size: tuple[int, int] = WIDE
    scheme: str = "light"
    key: str = ""
    editor: str = "slice-editor"


PICTURES = (
    Picture("annotate-wide-light"),
    Picture("annotate-wide-dark", scheme="dark"),
    Picture("annotate-narrow-light", size=NARROW),
    Picture("annotate-narrow-dark", size=NARROW, scheme="dark"),
    Picture("annotate-plane", key="U"),
    Picture("annotate-surfaces", key="Shift+U"),
    Picture("review", page="review"),
    Picture("annotate-simple-canvas", editor="simple"),
)


def main() -> None:
    """Make all pictures, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write PNG files")
    parser.add_argument("--only", nargs="*", help="names of pictures")
    arguments = parser.parse_args()
    wanted = [one for one in PICTURES if not arguments.only or one.name in arguments.only]
    configure_libraries()
    expect.set_options(timeout=TIMEOUT_MS)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = new_home(Path(folder))
        close_tour(home, PERSON)
        query = annotated_series(home)
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=FLAGS)
        for editor in dict.fromkeys(one.editor for one in wanted):
            server = Server(home, editor=editor).start()
            try:
                for picture in wanted:
                    if picture.editor == editor:
                        address = f"{server.url}/{picture.page}?{query}"
                        take(browser, picture, address, arguments.folder / f"{picture.name}.png")
            finally:
                server.kill()
        browser.close()


def annotated_series(home: Path) -> str:
    """Give a home the series with drawings and proposals; the query of its addresses."""
    folder = home / "series" / "demonstration"
    write_demo_series(folder)
    summary = find_series(folder)[0]
    store = AnnotationStore(default_url(home))
    names = [record.sop_instance_uid for record in summary.records]
    store.open_annotation(summary.uid, names, summary.rows, summary.columns)
    examples = []
    for number, (label, count) in enumerate(DRAWN.items(), start=1):
        term = search(label, limit=1)[0]
        color = default_color(number)
        segment = Segment(
            number, term.label, color, term.category, term.type, type_modifier=term.modifier
        )
        store.save_segment(summary.uid, segment, PERSON)
        truth = demo_masks()[label]
        shown = np.flatnonzero(truth.any(axis=(1, 2)))
        drawn = shown[np.linspace(1, len(shown) - 2, count).round().astype(int)]
        examples.append(SegmentExamples(number, {int(at): truth[at] for at in drawn}))
        for at in drawn:
            save_drawing(
                store, summary.uid, number, int(at), truth[at], person=PERSON, tool="brush"
            )
        if number == 1:
            state_end(store, summary.uid, number, End.FIRST, int(shown[0]), person=PERSON)
            state_end(store, summary.uid, number, End.LAST, int(shown[-1]), person=PERSON)
    volume = SeriesReading(summary).result().volume
    engine = load_engine(device="cpu")
    spacing = (summary.slice_spacing, *summary.pixel_spacing)
    newest = {
        (one.segment, one.slice): one
        for one in propose(volume, spacing, "CT", examples, engine=engine)
    }
    store_proposals(store, summary.uid, newest.values(), person=PERSON)
    middle = sorted(examples[0].masks)[1]
    accept_range(store, summary.uid, 1, middle - 4, middle - 1, person=PERSON)
    corrected = binary_dilation(newest[1, middle + 2].mask)
    based_on = store.slice(summary.uid, 1, middle + 2).version
    save_drawing(
        store,
        summary.uid,
        1,
        middle + 2,
        corrected,
        person=PERSON,
        tool="brush",
        based_on=based_on,
    )
    return f"series={remember_series(home, summary.uid, folder).key}&slice={middle + 1}"


def take(browser: Browser, picture: Picture, address: str, path: Path) -> None:
    """Take a picture once everything that it shows is there."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.scheme == "dark" else "light",
    )
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.goto(address)
    if picture.editor == "simple":
        expect(simple_canvas.canvas(page)).to_be_visible()
    else:
        slice_editor.wait_until_drawable(page)
        wait_until_true(page, "() => slicewiseEditor.app.info.loaded !== false")
    if picture.key:
        page.keyboard.press(picture.key)
    page.wait_for_timeout(SETTLES_MS)
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    main()
