"""The one page that somebody sees who is not signed in."""

import re
from html.parser import HTMLParser

from pages.server.sign_in_page import refusal_page, sign_in_page


def links(page: str) -> list[str]:
    """Everything that a page refers to."""
    found: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value or "" for name, value in attrs if name in ("href", "src", "action"))

    Parser().feed(page)
    return found


def test_it_leads_to_the_provider_and_needs_nothing_else_of_the_server() -> None:
    assert links(sign_in_page("")) == ["/sign-in"]
    assert links(sign_in_page("/slicewise")) == ["/slicewise/sign-in"]
    assert not re.search(r"url\(|@import|<script", sign_in_page(""))


def test_it_says_what_slicewise_is_and_is_not() -> None:
    assert "not a medical device" in sign_in_page("")


def test_who_is_not_let_in_reads_as_whom_and_can_sign_out() -> None:
    page = refusal_page("/slicewise", "anna@example.org")
    assert "You are signed in as anna@example.org." in page
    assert links(page) == ["/slicewise/auth/logout"]
    assert "under a name that cannot be recorded" in refusal_page("", "")


def test_a_name_with_markup_stays_text() -> None:
    page = refusal_page("", '<img src="x" onerror="alert(1)">')
    assert "<img" not in page
    assert links(page) == ["/auth/logout"]
