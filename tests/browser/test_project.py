"""Chromium: administrators create, change, export and delete a project; others read, or nothing."""

import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.annotation.store import AnnotationStore
from core.audit.entries import EntryFilter, read_entries
from core.projects.members import members_of, remove_member, set_roles
from core.projects.projects import create_project, projects_of
from core.projects.protocols import protocol_of, read_protocol_segments, set_protocol
from core.projects.records import Role
from tests.support.accessibility import Finding, lasting_findings
from tests.support.app_server import Server
from tests.support.signed_in import give_session, new_session

pytestmark = pytest.mark.browser

ADA, ANNA, RITA = "ada@example.org", "anna@example.org", "rita@example.org"
REFUSED = "This does not exist, or you may not do this; ask your administrator."
LIST = b"label,side,instructions\nLiver,,Include the dome.\nSpleen,,\n"
SECTIONS = ("Progress", "Protocol", "Members", "Settings", "Log", "Server log")


@pytest.fixture(scope="module")
def team_variables() -> dict[str, str]:
    """Ada administers the server."""
    return {"SLICEWISE_ADMINISTRATORS": ADA}


@pytest.fixture
def key(store: AnnotationStore) -> str:
    """Project that ada administers, anna annotates in and rita reviews in."""
    key = create_project(store, "Livers", ADA).key
    set_roles(store, key, ANNA, {Role.ANNOTATE}, ADA)
    set_roles(store, key, RITA, {Role.REVIEW}, ADA)
    set_protocol(store, key, read_protocol_segments(LIST), "Use the venous phase.", ADA)
    return key


def visit_as(context: BrowserContext, server: Server, person: str, key: str = "") -> Page:
    """Page of projects as somebody sees it who is signed in."""
    give_session(context, server, new_session(server.home, person, server.url))
    page = context.new_page()
    page.goto(f"{server.url}/project" + (f"?project={key}" if key else ""))
    return page


def show(page: Page, section: str) -> None:
    """Show something else of the project."""
    choice = page.get_by_test_id("stButtonGroup").get_by_text(section, exact=True)
    choice.click()


def choose_person(page: Page, name: str) -> None:
    """Type the name of a person and take it."""
    field = page.get_by_role("combobox", name="Person")
    field.fill(name)
    field.press("Enter")


def test_an_administrator_runs_a_project_from_its_creation_to_its_end(
    context: BrowserContext, team_server: Server, store: AnnotationStore
) -> None:
    page = visit_as(context, team_server, ADA)
    page.get_by_label("Name").fill("Study of livers")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("The project has no series yet")).to_be_visible()
    (project,) = projects_of(store, ADA)
    key = project.key
    assert page.url.endswith(f"?project={key}")

    show(page, "Protocol")
    page.get_by_role("button", name="Import list…").click()
    chooser = page.get_by_role("dialog").locator('input[type="file"]')
    chooser.set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": LIST})
    page.get_by_role("button", name="Use 2 segments").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("region", name="Segments of the protocol")).to_contain_text("dome")
    assert [one.label for one in protocol_of(store, key, ADA).segments] == ["Liver", "Spleen"]

    show(page, "Members")
    for typed, name in (("Anna@Example.org", ANNA), (RITA, RITA)):
        choose_person(page, typed)
        page.get_by_role("button", name="Add member").click()
        expect(page.get_by_role("region", name="Members")).to_contain_text(name)
        # The form is empty again once the page is through; until then it is the one before.
        expect(page.get_by_role("button", name="Add member")).to_be_disabled()
    choose_person(page, RITA)
    page.get_by_test_id("stMain").get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Save roles").click()
    expect(page.get_by_text("rita@example.org may annotate and review")).to_be_visible()
    roles = {one.person: one.roles for one in members_of(store, key, ADA)}
    assert roles == {
        ADA: frozenset(Role),
        ANNA: {Role.ANNOTATE},
        RITA: {Role.ANNOTATE, Role.REVIEW},
    }

    show(page, "Settings")
    page.get_by_role("button", name="Create the export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download slicewise").click()
    with zipfile.ZipFile(download.value.path()) as exported:
        rows = exported.read("tables/project_version").decode().splitlines()
    assert json.loads(rows[-1])["name"] == "Study of livers"

    page.get_by_role("button", name="Archive the project").click()
    page.get_by_label("Type its name to confirm").fill("Study of livers")
    page.get_by_label("Type its name to confirm").press("Tab")
    page.get_by_role("button", name="Delete the project").click()
    expect(page.get_by_text("You are in no project yet")).to_be_visible()
    assert projects_of(store, ADA, archived=True) == []
    entries = read_entries(store.database, EntryFilter(subject=key))
    assert {one.person for one in entries} == {ADA}
    assert {one.client for one in entries} == {"127.0.0.1"}
    assert (entries[-1].action, entries[0].action) == ("project created", "project deleted")


def test_a_member_reads_and_gets_a_sentence_once_removed(
    context: BrowserContext, team_server: Server, store: AnnotationStore, key: str
) -> None:
    page = visit_as(context, team_server, RITA, key)
    expect(page.get_by_text("Your roles: review.")).to_be_visible()
    for section in ("Settings", "Log", "Server log"):
        expect(page.get_by_text(section, exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="New project")).to_have_count(0)
    show(page, "Members")
    expect(page.get_by_role("region", name="Members")).to_contain_text(ANNA)
    expect(page.get_by_role("button", name="Add member")).to_have_count(0)
    remove_member(store, key, RITA, ADA)
    show(page, "Protocol")
    expect(page.get_by_text(REFUSED)).to_be_visible()
    expect(page.get_by_text("dome")).to_have_count(0)
    expect(page.get_by_text("new ones are created by ada@example.org")).to_be_visible()


def test_the_log_is_downloaded_by_administrators_alone(
    context: BrowserContext, team_server: Server, store: AnnotationStore, key: str
) -> None:
    page = visit_as(context, team_server, ADA, key)
    show(page, "Log")
    expect(page.get_by_role("region", name="Audit log")).to_contain_text("member added")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert text.startswith("number,time,person,client,action,subject,detail")
    assert text.count(key) == len(text.splitlines()) - 1
    set_roles(store, key, ANNA, {Role.ADMINISTER}, ADA)
    set_roles(store, key, ADA, {Role.REVIEW}, ANNA)
    show(page, "Progress")
    expect(page.get_by_text("Your roles: review.")).to_be_visible()
    expect(page.get_by_text("Log", exact=True)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_section_has_a_serious_finding(
    browser: Browser, team_server: Server, store: AnnotationStore, key: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    context.set_default_timeout(60_000)
    page = visit_as(context, team_server, ADA, key)
    expect(page.get_by_text("The project has no series yet")).to_be_visible()
    serious: dict[tuple[str, int], set[Finding]] = {}
    for section in SECTIONS:
        show(page, section)
        for width, height in ((1440, 900), (768, 1024)):
            page.set_viewport_size({"width": width, "height": height})
            serious[section, width] = lasting_findings(page)
    show(page, "Protocol")
    for button in ("Add", "Edit"):
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
        serious[button, 768] = lasting_findings(page)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Import list…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    serious["Import list…", 768] = lasting_findings(page)
    context.close()
    assert not any(serious.values()), serious
