"""Names with markup change no page that shows them, and control characters are in none."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.projects.assignments import assign
from core.projects.comments import add_comment
from core.projects.members import set_roles
from core.projects.moves import move
from core.projects.projects import change_project, create_project
from core.projects.protocols import set_protocol
from core.projects.records import Role, WorkState
from core.segments.label_lists import read_label_list
from tests.support.pages import PERSON, OpenPage
from tests.support.project_page import show_section
from tests.support.project_series import OTHER, ProjectSeries, series_in_project
from tests.support.segments import LIVER_SEGMENT

MARKUP = "<img src=x onerror=alert(1)>[go](https://evil.example)"
PROJECT, SAID, SEGMENT = (f"{name} {MARKUP}" for name in ("Livers", "See", "Liver"))
EVIL = f"eve{MARKUP}@example.org"
CONTROLS = ("a\x00b", "a\nb", "a\u202eb", "a\x1b[2Jb")
ELEMENT = re.compile(r"<img|<a\b[^>]*evil", re.IGNORECASE)
LINK = re.compile(r"(?<!\\)\]\(https://evil|(?<!\\)<img")


@pytest.fixture
def named(home: Path, store: AnnotationStore, demo_summary: SeriesSummary) -> ProjectSeries:
    """A reading of a person with such a name, in a project of such a name, with a comment."""
    roles = {PERSON: set(Role), EVIL: {Role.ANNOTATE}}
    made = series_in_project(home, store, demo_summary, home / "demo", roles, PROJECT)
    listed = [
        replace(one, label=SEGMENT[:64], instructions=SAID)
        for one in read_label_list(b"label\nLiver\n")
    ]
    set_protocol(store, made.project_key, listed, SAID, OTHER)
    key = made.item.annotation_key
    assign(store, key, EVIL, OTHER)
    move(store, key, WorkState.IN_PROGRESS, EVIL)
    store.save_segment(key, replace(LIVER_SEGMENT, label=SEGMENT[:64]), EVIL)
    add_comment(store, key, SAID, EVIL, slice_index=3)
    return made


def markup(app: AppTest) -> Iterator[str]:
    """Everything on a page that a browser takes for HTML."""
    yield from (one.proto.body for one in app.get("html"))
    yield from (one.value for one in app.markdown if one.proto.allow_html)


def markdown(app: AppTest) -> Iterator[str]:
    """Everything on a page that a browser takes for Markdown."""
    for kind in (app.markdown, app.caption, app.info, app.warning, app.error, app.success):
        yield from (one.value for one in kind)
    yield from (one.label for kind in (app.button, app.checkbox) for one in kind)
    yield from (one.proto.popover.label for one in app.get("popover"))


def check(app: AppTest) -> None:
    """Fail where a page shows a name as anything but text."""
    assert not app.exception
    for text in markup(app):
        assert not ELEMENT.search(text), text
    for text in markdown(app):
        assert not LINK.search(text), text


@pytest.mark.parametrize("page", ["series", "worklist", "annotate", "review", "export", "compare"])
def test_no_page_takes_a_name_for_markup(
    page: str, named: ProjectSeries, open_page: OpenPage
) -> None:
    of_project = page in ("series", "worklist")
    query = {"project": named.project_key} if of_project else named.query
    check(open_page(page, **query))


@pytest.mark.parametrize("section", ["Progress", "Protocol", "Members", "Settings", "Log"])
def test_no_part_of_a_project_takes_a_name_for_markup(
    section: str, named: ProjectSeries, open_page: OpenPage
) -> None:
    app = open_page("project", project=named.project_key)
    check(app if section == "Progress" else show_section(app, section))


@pytest.mark.parametrize("name", CONTROLS)
def test_names_with_control_characters_are_refused(
    name: str, named: ProjectSeries, store: AnnotationStore
) -> None:
    with pytest.raises(Exception, match="character"):
        create_project(store, name, PERSON)
    with pytest.raises(Exception, match="character"):
        change_project(store, named.project_key, OTHER, name=name)
    with pytest.raises(Exception, match="character"):
        set_roles(store, named.project_key, name, {Role.REVIEW}, OTHER)
