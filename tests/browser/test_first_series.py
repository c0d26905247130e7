"""From an empty server to an exported segmentation of one's own series."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from core.demo import write_demo_series
from core.dicom.reading import find_series, read_series
from core.formats.segmentation_reading import read_segmentation
from tests.support.app_server import Server
from tests.support.first_series import (
    Way,
    accept_and_export,
    draw_liver,
    propose,
    upload_and_open,
)

pytestmark = pytest.mark.browser

CLICKS_TO_PROPOSAL, CLICKS_TO_EXPORT = 8, 13


def test_a_newcomer_reaches_a_proposal_in_eight_clicks_and_then_an_export(
    page: Page, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    write_demo_series(folder)
    server = Server(tmp_path / "home").start()
    way = Way(page)
    try:
        upload_and_open(way, server.url, sorted(folder.iterdir()))
        draw_liver(way)
        propose(way)
        assert way.clicks <= CLICKS_TO_PROPOSAL
        accept_and_export(way, tmp_path / "exported.dcm")
        assert way.clicks <= CLICKS_TO_EXPORT
    finally:
        server.kill()
    server.check_log()
    series = read_series(find_series(folder)[0])
    (segment,) = read_segmentation(tmp_path / "exported.dcm", series)
    assert segment.segment.label == "Liver"
    assert len(segment.masks) > 10
