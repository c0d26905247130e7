"""How many clicks and seconds lie between an empty server and proposals, and an exported SEG?

    python benchmarks/first_series.py [--json FILE]

Starts a server of its own with an empty home, drives Chromium as a newcomer with a mouse: a name,
an upload of 48 slices, one segment painted on three of them, proposals, review, DICOM-SEG. Lines
that are drawn do not count as clicks.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.demo import write_demo_series  # noqa: E402
from tests.browser.conftest import FLAGS  # noqa: E402
from tests.support.app_server import Server  # noqa: E402
from tests.support.first_series import (  # noqa: E402
    Way,
    accept_and_export,
    draw_liver,
    propose,
    upload_and_open,
)

_TIMEOUT_MS = 120_000


def main() -> None:
    """Go the way once, print where clicks and seconds went, and write it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="browser to drive")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=FLAGS)
        report = measure(browser.new_page(accept_downloads=True), Path(folder))
    print(json.dumps(report, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")


def measure(page: Page, folder: Path) -> dict[str, dict[str, float]]:
    """Clicks and seconds since the beginning when each part was done."""
    own = folder / "own"
    own.mkdir()
    write_demo_series(own)
    page.set_default_timeout(_TIMEOUT_MS)
    server = Server(folder / "home").start()
    report: dict[str, dict[str, float]] = {}
    try:
        way = Way(page)

        def done(part: str) -> None:
            report[part] = {"clicks": way.clicks, "seconds": round(way.seconds, 1)}

        upload_and_open(way, server.url, sorted(own.iterdir()))
        done("opened")
        draw_liver(way)
        done("drawn")
        propose(way)
        done("proposed")
        accept_and_export(way, folder / "exported.dcm")
        done("exported")
    finally:
        server.kill()
    return report


if __name__ == "__main__":
    main()
