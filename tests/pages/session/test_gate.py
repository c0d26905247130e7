"""Every page is reached through the same gate."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.projects.records import AccessRefused
from tests.support.pages import OpenPage

PAGES = ("series", "worklist", "annotate", "review", "export", "project")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_fresh_app_asks_who_is_working_and_shows_nothing_else(
    page: str, empty_home: Path, open_page: OpenPage
) -> None:
    app = open_page(page)
    assert [one.label for one in app.text_input] == ["Your name or initials"]
    assert [one.label for one in app.button] == ["Start"]
    assert any("not a medical device" in one.value for one in app.info)


@pytest.mark.parametrize("page", PAGES)
def test_the_person_is_asked_once_and_then_known(
    page: str, empty_home: Path, open_page: OpenPage
) -> None:
    app = open_page(page)
    app.text_input[0].set_value("  A  Person ")
    app.button[0].click().run()
    assert not app.exception
    assert json.loads((empty_home / "person.json").read_text()) == {"person": "A Person"}
    assert "Start" not in [one.label for one in open_page(page).button]


@pytest.mark.parametrize("name", ["", "   ", "a\\b"])
def test_a_name_that_dicom_cannot_hold_is_refused(
    name: str, empty_home: Path, open_page: OpenPage
) -> None:
    app = open_page()
    app.text_input[0].set_value(name)
    app.button[0].click().run()
    assert "Enter a name" in app.error[0].value
    assert not (empty_home / "person.json").exists()


@pytest.mark.parametrize("page", PAGES)
def test_a_setting_that_cannot_be_used_stops_every_page_with_a_sentence(
    page: str, home: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLICEWISE_DEVICE", "abacus")
    app = open_page(page)
    assert [one.value for one in app.error] == [
        "SLICEWISE_DEVICE must be auto, cpu or cuda; start Slicewise again."
    ]
    assert not app.button


@pytest.mark.parametrize("page", ["annotate", "review", "export"])
def test_a_page_without_a_series_leads_to_the_first_page(
    page: str, home: Path, open_page: OpenPage
) -> None:
    app = open_page(page)
    assert app.info[0].value == "No series is open yet."


def test_a_key_that_was_never_given_out_opens_nothing(home: Path, open_page: OpenPage) -> None:
    app: AppTest = open_page("annotate", series="../../etc/passwd")
    assert [error.value for error in app.error] == [str(AccessRefused())]
