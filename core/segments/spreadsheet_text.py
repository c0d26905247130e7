"""Text in tables for spreadsheets, which take some of it for formulas."""

FORMULA_SIGNS = ("=", "+", "-", "@")
"""How text begins that a spreadsheet takes for a formula."""


def without_formula(text: str) -> str:
    """Text for a cell: behind a quote, which is not shown, where it looks like a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def without_quote(text: str) -> str:
    """Text of a cell as it was before `without_formula`."""
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA_SIGNS else text
