"""The tables of moves in docs/projects.md are those that the code applies."""

import re
from collections.abc import Sequence
from pathlib import Path

from core.projects.moves import ADJUDICATION_MOVES, MOVES, Move

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "projects.md"


def rows_of(moves: Sequence[Move]) -> list[tuple[str, ...]]:
    return [
        (one.before, one.after, one.role, one.who.value, "needed" if one.needs_comment else "")
        for one in moves
    ]


def test_the_tables_say_which_moves_are_whose() -> None:
    tables = re.findall(
        r"^\| From \| To .*\n\| -.*\n((?:\|.*\n)+)", _DOCUMENT.read_text("utf-8"), re.MULTILINE
    )
    documented = [
        [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.splitlines()]
        for table in tables
    ]
    assert documented == [rows_of(MOVES), rows_of(ADJUDICATION_MOVES)]
