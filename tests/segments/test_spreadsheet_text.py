"""What a spreadsheet takes for a formula stands behind a quote, and comes back without it."""

import pytest

from core.segments.spreadsheet_text import without_formula, without_quote


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=", "'=1"])
def test_no_cell_begins_like_a_formula_and_all_come_back(text: str) -> None:
    cell = without_formula(text)
    assert not cell.startswith(("=", "+", "-", "@"))
    assert without_quote(without_formula(text.lstrip("'"))) == text.lstrip("'")


@pytest.mark.parametrize("text", ["Liver", "", "5 - 7", "O'Hara", "'Liver'"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert without_formula(text) == text
    assert without_quote(text) == text
