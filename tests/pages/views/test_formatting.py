"""Names from elsewhere within text."""

import pytest

from core.dicom.shown_names import isolated
from pages.views.formatting import plain


@pytest.mark.parametrize("name", ["Liver", "肝臓", "Ünïcödé (1)", ""])
def test_names_from_left_to_right_stay_as_they_are(name: str) -> None:
    assert isolated(name) == name


@pytest.mark.parametrize("name", ["الكبد 12 mm", "כבד", "Liver כבד"])
def test_names_with_right_to_left_letters_are_set_off(name: str) -> None:
    assert isolated(name) == f"\u2068{name}\u2069"


def test_markdown_is_escaped_within_the_isolate() -> None:
    assert plain("*כבד*") == "\u2068\\*כבד\\*\u2069"
    assert plain("a_b") == "a\\_b"
