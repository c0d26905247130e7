"""Findings of axe-core on a page: what a keyboard, a reader or weak sight cannot make use of."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from tests.support.page_conditions import wait_until_true

AXE = Path(__file__).parent / "third_party" / "axe.min.js"
"""axe-core 4.14.1 as it is on npm, under the Mozilla Public License 2.0 (axe-LICENSE.txt)."""

AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

_LOOKS, _PAUSE_MS = 6, 500

_SETTLED = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  return app?.getAttribute("data-test-script-state") === "notRunning";
}"""

_RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map((node) => [id, impact, node.target.flat().join(" "), node.html]));
}"""


@dataclass(frozen=True)
class Finding:
    """A part of a page that breaks a rule.

    Attributes
    ----------
    rule : str
        Identifier of axe-core's rule.
    impact : str
        "minor", "moderate", "serious" or "critical".
    selector : str
        Of the part.
    html : str
        Its beginning.
    """

    rule: str
    impact: str
    selector: str
    html: str


def findings(page: Page) -> list[Finding]:
    """Look at a page as it is shown now."""
    content = AXE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == AXE_SHA256
    page.add_script_tag(content=content.decode("utf-8"))
    return [Finding(*one) for one in page.evaluate(_RUN)]


def lasting_findings(page: Page) -> set[Finding]:
    """Serious findings that are there each time: Streamlit makes parts pale while it draws anew."""
    lasting: set[Finding] | None = None
    for _ in range(_LOOKS):
        wait_until_true(page, _SETTLED)
        found = {one for one in findings(page) if one.impact in ("serious", "critical")}
        lasting = found if lasting is None else lasting & found
        if not lasting:
            break
        page.wait_for_timeout(_PAUSE_MS)
    return lasting or set()
