"""No dialog, menu, panel or view, and no step of the tour, has a serious finding of axe-core."""

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.annotation.proposal_storing import store_proposals
from core.proposals.examples import Proposal
from tests.support.accessibility import lasting_findings
from tests.support.drawn_series import DrawnSeries
from tests.support.pages import PERSON
from tests.support.plane_driver import enlarge
from tests.support.slice_editor_driver import wait_until_drawable

pytestmark = pytest.mark.browser


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def menu(button: str, content: str) -> Callable[[Page], None]:
    """Open a menu above the slice."""

    def show(page: Page) -> None:
        press(page, button)
        expect(page.get_by_text(content).first).to_be_visible()

    return show


def settings(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_text("Editor", exact=True)).to_be_visible()


def dialog(button: str) -> Callable[[Page], None]:
    """Open a dialog from the menu of a new segment."""

    def show(page: Page) -> None:
        press(page, "Add")
        page.get_by_test_id("stPopoverBody").get_by_role("button", name=button).click()
        expect(page.get_by_role("dialog")).to_be_visible()

    return show


def volume_tools(page: Page) -> None:
    press(page, "Volume tools")
    panel = page.locator(".st-key-volume-tools")
    panel.get_by_role("button", name="Preview").click()
    expect(panel).to_contain_text("change")


def surfaces(page: Page) -> None:
    press(page, "3-D")
    expect(page.locator('.surface-plot[data-ready="true"]')).to_be_visible()


def help_sheet(page: Page) -> None:
    press(page, "Keys and mouse")
    expect(page.locator("dialog.sheet")).to_be_visible()


def reasons(page: Page) -> None:
    press(page, "Reason…")
    expect(page.locator("dialog.reasons")).to_be_visible()


def tour(page: Page) -> None:
    address = page.url
    page.goto(address.split("/annotate")[0])
    shown = page.locator(".st-key-tour")
    offer = page.get_by_role("button", name="Show the tour")
    expect(shown.or_(offer)).to_be_visible()
    if not shown.is_visible():
        offer.click()
    expect(shown).to_be_visible()
    page.goto(address)
    expect(shown).to_be_visible()
    wait_until_drawable(page)


PARTS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "new segment": ("annotate", menu("Add", "Structure")),
    "segment": ("annotate", menu("Edit", "Overlap with other segments")),
    "settings": ("annotate", settings),
    "import": ("annotate", dialog("Import masks…")),
    "label list": ("annotate", dialog("Add from a label list…")),
    "volume tools": ("annotate", volume_tools),
    "enlarged plane": ("annotate", lambda page: enlarge(page, "row")),
    "surfaces": ("annotate", surfaces),
    "keys and mouse": ("annotate", help_sheet),
    "tour": ("annotate", tour),
    "reasons": ("review", reasons),
    "counts": ("review", menu("Counts", "Reviewed volume (ml)")),
}


@pytest.mark.parametrize("part", list(PARTS))
def test_a_part_has_no_serious_finding(part: str, page: Page, series: DrawnSeries) -> None:
    series.draw_on(5)
    mask = np.zeros_like(series.mask(1))
    mask[100:140, 60:110] = True
    mask[200, 200] = True
    store_proposals(series.store, series.uid, [Proposal(1, 6, mask, 0.5)], person=PERSON)
    name, show = PARTS[part]
    page.goto(series.address(name))
    wait_until_drawable(page)
    show(page)
    serious = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        serious[scheme] = lasting_findings(page)
    assert not any(serious.values()), serious
