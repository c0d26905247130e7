"""docs/security.md names a test for every threat, and every test that it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`((?:tests|benchmarks)/[\w/]+\.(?:py|mjs))`")


def threats() -> list[list[str]]:
    """Rows of all tables: threat, protection and tests."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in rows if row[0] not in ("Threat", "---")]


def test_every_threat_has_a_test() -> None:
    before: list[str] = []
    assert len(threats()) > 20
    for threat, _, tests in threats():
        named = NAMED.findall(tests) or (before if tests == "the same" else [])
        assert named, threat
        before = named


def test_every_test_that_is_named_is_there() -> None:
    named = set(NAMED.findall(PAGE))
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
