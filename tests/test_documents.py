"""Every relative link of the documents leads to a file and a heading that are there."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("deploy/*.md")])
FENCED = re.compile(r"^ *(```|~~~).*?^ *\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+).+?\1")
LINK = re.compile(r"\]\(\s*<?([^)>\s]+)")
HEADING = re.compile(r"^ {0,3}#{1,6} +(.+?)(?: +#+)? *$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def links(text: str) -> list[str]:
    """Targets of links and pictures within the repository."""
    shown = CODE.sub("", FENCED.sub("", text))
    return [target for target in LINK.findall(shown) if not ELSEWHERE.match(target)]


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a document: of equal ones, the later ones get a number."""
    found: dict[str, int] = {}
    names = set()
    for heading in HEADING.findall(FENCED.sub("", text)):
        shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if name in found else name)
        found[name] = found.get(name, 0) + 1
    return names


@cache
def anchors_of(document: Path) -> set[str]:
    return anchors(document.read_text(encoding="utf-8"))


def leads_nowhere(document: Path, target: str) -> bool:
    path, _, anchor = unquote(target).partition("#")
    # GitHub takes what begins with a slash from the root of the repository.
    base = ROOT if path.startswith("/") else document.parent
    file = base / path.lstrip("/") if path else document
    if not file.resolve().is_relative_to(ROOT) or not file.exists():
        return True
    return bool(anchor) and (file.suffix != ".md" or anchor not in anchors_of(file))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = links(document.read_text(encoding="utf-8"))
    assert [target for target in targets if leads_nowhere(document, target)] == []


def test_links_are_found() -> None:
    assert sum(len(links(one.read_text(encoding="utf-8"))) for one in DOCUMENTS) > 100


def test_code_and_other_sites_are_left_out() -> None:
    text = (
        '[a](one.md), ![b](two.png), [c\nd](three.md#four "Title") `[e](five.md)`\n'
        "```\n[f](six.md)\n```\n[g](https://example.org/a.md) [h](mailto:a@example.org) [i](#j)"
    )
    assert links(text) == ["one.md", "two.png", "three.md#four", "#j"]


def test_headings_are_named_as_on_github() -> None:
    text = (
        "# One\n\n## `two.py`, *and* [three](four.md) – 5.6\n\n"
        "# One\n```\n# No heading\n```\n## It's\n"
    )
    assert anchors(text) == {"one", "twopy-and-three--56", "one-1", "its"}


@pytest.mark.parametrize(
    "target", ["docs/missing.md", "docs/settings.md#missing", "#missing", "../elsewhere.md"]
)
def test_a_link_that_leads_nowhere_is_noticed(target: str) -> None:
    assert leads_nowhere(ROOT / "README.md", target)
