"""Two finished patients teach the third: it opens with proposals, and its file names them."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.annotation.actions import save_drawing
from core.annotation.adapted_networks import kept_network
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.slice_names import slice_names
from core.home.opened_series import OpenedSeries, remember_series
from core.projects.members import set_roles
from core.projects.moves import move
from core.projects.projects import create_project
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import Role, WorkItem, WorkState
from core.projects.work_items import add_series
from core.segments.segment import Segment
from tests.support.app_server import Server
from tests.support.phantom_patients import SLICES, Patient, write_patient
from tests.support.project_series import series_to_add
from tests.support.segments import LIVER_SEGMENT
from tests.support.signed_in import give_session, new_session
from tests.support.slice_editor_driver import (
    choose_tool,
    draw,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

DRAWN_STATES = {SliceState.DRAWN, SliceState.CORRECTED}
ADA, ANNA = "ada@example.org", "anna@example.org"
PROPOSING_MS = 400_000  # the model is compiled first
NAMES = ("Alder", "Birch", "Cedar", "Damson")
PLACES: tuple[dict[str, Any], ...] = (
    {"shift": (0, 0), "size": 1.0, "gain": 1.0},
    {"shift": (6, -8), "size": 1.05, "gain": 1.1},
    {"shift": (-5, 6), "size": 0.96, "gain": 0.93},
    {"shift": (3, 5), "size": 1.02, "gain": 0.97},
)


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory, demo_slices: list[Path]) -> list[Patient]:
    """Four patients of different places, sizes and grey values."""
    folder = tmp_path_factory.mktemp("patients")
    return [
        write_patient(folder / name, demo_slices, name, **place)
        for name, place in zip(NAMES, PLACES, strict=True)
    ]


@pytest.fixture(scope="module")
def team_variables(patients: list[Patient]) -> dict[str, str]:
    """The patients lie in folders of the server."""
    return {"SLICEWISE_DATA_ROOTS": str(patients[0].folder.parent)}


@pytest.fixture
def visit(context: BrowserContext, team_server: Server) -> Callable[[str], Page]:
    """Opens a page as anna."""

    def visit(address: str) -> Page:
        give_session(context, team_server, new_session(team_server.home, ANNA, team_server.url))
        page = context.new_page()
        page.goto(f"{team_server.url}/{address}")
        return page

    return visit


def draw_liver(store: AnnotationStore, key: str, number: int, patient: Patient) -> None:
    """Draw all of the liver."""
    for index in range(SLICES):
        mask = patient.masks["liver"][index]
        if mask.any():
            save_drawing(store, key, number, index, mask, person=ANNA, tool="brush")


def put_in(
    store: AnnotationStore, home: Path, project: str, patient: Patient, name: str
) -> tuple[OpenedSeries, WorkItem]:
    """Put a patient into a project, and take it for anna."""
    summary = patient.summary
    opened = remember_series(home, summary.uid, patient.folder, project_key=project)
    item = add_series(store, project, series_to_add(opened, summary, f"CT of {name}"), ADA)[0]
    move(store, item.annotation_key, WorkState.IN_PROGRESS, ANNA)
    return opened, item


def last_of_project(
    store: AnnotationStore, home: Path, patients: list[Patient], title: str, count: int
) -> tuple[OpenedSeries, str]:
    """Put patients into a project, hand some in, and give the next and its annotation's key."""
    project = create_project(store, title, ADA).key
    set_roles(store, project, ANNA, {Role.ANNOTATE}, ADA)
    set_protocol(store, project, read_protocol_segments(b"label\nLiver\n"), "", ADA)
    for patient, name in zip(patients[:count], NAMES, strict=False):
        _, item = put_in(store, home, project, patient, name)
        draw_liver(store, item.annotation_key, 1, patient)
        move(store, item.annotation_key, WorkState.TO_REVIEW, ANNA)
    opened, item = put_in(store, home, project, patients[count], NAMES[count])
    return opened, item.annotation_key


def wait_until_proposed(page: Page) -> None:
    """Wait until there are proposals that are stored, and nothing more is being proposed."""
    review = page.get_by_role("button", name=re.compile(r"^Review \d+ proposals$"))
    expect(review).to_be_enabled(timeout=PROPOSING_MS)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=PROPOSING_MS)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PROPOSING_MS / 1000
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.5)


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))


def accept_all_and_export(page: Page, path: Path) -> pydicom.Dataset:
    """Accept what is proposed, and read the file that is exported."""
    page.get_by_role("button", name=re.compile(r"^Review \d+ proposals$")).click()
    page.locator('[data-do="review-all"]').click()
    export = page.get_by_role("button", name="Export")
    expect(export).to_be_enabled()
    wait_until_saved(page)
    export.click()
    page.get_by_role("button", name="Create DICOM-SEG").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=False).first.click()
    download.value.save_as(path)
    return pydicom.dcmread(path)


def teachers_named(segmentation: pydicom.Dataset) -> set[str]:
    (segment,) = segmentation.SegmentSequence
    (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
    name, _, uids = algorithm.AlgorithmParameters.partition("=")
    assert name == "teachers"
    return set(uids.split())


def names_nobody_else(path: Path) -> bool:
    """Whether a file of the third patient names neither of the others."""
    content = path.read_bytes().lower()
    return not any(name.lower().encode() in content for name in NAMES[:2])


def test_the_third_series_of_a_project_opens_with_proposals_from_the_first_two(
    visit: Callable[[str], Page],
    team_server: Server,
    store: AnnotationStore,
    patients: list[Patient],
    tmp_path: Path,
) -> None:
    opened, key = last_of_project(store, team_server.home, patients, "Livers", 2)
    truth = patients[2].masks["liver"]

    page = visit(f"annotate?series={opened.key}&annotation={key}")
    wait_until_drawable(page)
    wait_until_proposed(page)
    line = page.locator(".st-key-line")
    expect(line).to_contain_text("from 2 earlier series")
    annotation = store.annotation(key)
    assert {one.state for one in annotation.values()} == {SliceState.PROPOSED}
    found = np.stack([store.slice(key, 1, index).mask for index in range(SLICES)])
    assert dice(found, truth) > 0.8

    helpful = page.get_by_role("button", name=re.compile(r"^Next: slice \d+$"))
    number = int(re.findall(r"slice (\d+)", helpful.inner_text())[0])
    helpful.click()
    expect(line).to_contain_text("This slice would help most")
    expect(page.locator(f'.editor[data-slice="{number}"][data-ready="true"]')).to_have_count(1)
    place = page.locator(".place")
    expect(place).to_contain_text("from 2 series")
    assert place.evaluate("line => line.scrollWidth <= line.clientWidth")
    corrected = number - 1
    rows, columns = np.nonzero(store.slice(key, 1, corrected).mask)
    choose_tool(page, "Brush")
    middle = (float(columns.mean()), float(rows.mean()))
    draw(page, [(middle[0] - 12, rows.min() - 4), (middle[0] + 12, rows.min() - 4)])
    wait_until_saved(page)
    assert store.slice(key, 1, corrected).state is SliceState.CORRECTED

    segmentation = accept_all_and_export(page, tmp_path / "third.dcm")
    states = {one.state for one in store.annotation(key).values() if one.pixels}
    assert states == {SliceState.ACCEPTED, SliceState.CORRECTED}
    assert teachers_named(segmentation) == {one.summary.uid for one in patients[:2]}
    assert segmentation.PatientID == NAMES[2].upper()
    assert names_nobody_else(tmp_path / "third.dcm")


def test_the_network_is_trained_on_three_series_while_drawing_goes_on(
    visit: Callable[[str], Page],
    team_server: Server,
    store: AnnotationStore,
    patients: list[Patient],
) -> None:
    opened, key = last_of_project(store, team_server.home, patients, "Livers to train on", 3)

    page = visit(f"annotate?series={opened.key}&annotation={key}")
    wait_until_drawable(page)
    wait_until_proposed(page)
    page.get_by_role("button", name="Settings").click()
    trains = page.get_by_test_id("stCheckbox").filter(has_text="Train on them while you work")
    expect(trains.locator("input")).to_be_checked()
    expect(page.get_by_text("Training on earlier series")).to_be_visible()
    page.keyboard.press("Escape")
    truth = patients[-1].masks["liver"]
    choose_tool(page, "Brush")
    draw(page, [(30, 30), (60, 30)])
    wait_until_saved(page)
    (drawn,) = (
        index for (_, index), one in store.annotation(key).items() if one.state in DRAWN_STATES
    )
    assert kept_network(store, key) is None
    until(lambda: kept_network(store, key) is not None)
    network = kept_network(store, key)
    assert network is not None
    assert {*network.teachers} == {one.summary.uid for one in patients[:3]}
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_text("Trained on 3 earlier series.")).to_be_visible()
    page.keyboard.press("Escape")

    save_drawing(store, key, 1, drawn, truth[drawn], person=ANNA, tool="brush")
    page.get_by_role("button", name="Propose", exact=False).first.click()
    until(lambda: "adapted" in str(store.slice(key, 1, drawn + 1).weights))
    assert dice(store.slice(key, 1, drawn + 1).mask, truth[drawn + 1]) > 0.9

    page.get_by_role("button", name="Settings").click()
    trains.locator("label").click()
    expect(page.get_by_text("Trained on 3 earlier series; not used while this")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=PROPOSING_MS)
    page.get_by_role("button", name="Propose", exact=False).first.click()
    until(lambda: "adapted" not in str(store.slice(key, 1, drawn + 1).weights))


def test_a_single_person_chooses_the_teachers_on_the_series_page(
    visit: Callable[[str], Page],
    team_server: Server,
    store: AnnotationStore,
    patients: list[Patient],
    tmp_path: Path,
) -> None:
    segment: Segment = LIVER_SEGMENT
    for patient in patients[:2]:
        summary = patient.summary
        store.open_annotation(summary.uid, slice_names(summary), summary.rows, summary.columns)
        store.save_segment(summary.uid, segment, ANNA)
        draw_liver(store, summary.uid, segment.number, patient)
        opened = remember_series(team_server.home, summary.uid, patient.folder)
        page = visit(f"annotate?series={opened.key}")  # which puts it among the recent series
        wait_until_drawable(page)
    page.goto(team_server.url)
    page.get_by_text("Propose from: none").click()
    for name in NAMES[:2]:
        page.get_by_test_id("stCheckbox").filter(has_text=name).locator("label").click()
        expect(
            page.get_by_test_id("stCheckbox").filter(has_text=name).locator("input")
        ).to_be_checked()
    expect(page.get_by_text("Propose from: 2 earlier series")).to_be_visible()

    page.get_by_role("textbox", name="Folder").fill(str(patients[2].folder))
    page.get_by_role("button", name="Search for series").click()
    page.get_by_test_id("stBaseButton-primary").get_by_text("Open", exact=True).click()
    wait_until_drawable(page)
    wait_until_proposed(page)
    expect(page.locator(".st-key-line")).to_contain_text("from 2 earlier series")
    segmentation = accept_all_and_export(page, tmp_path / "third.dcm")
    assert teachers_named(segmentation) == {one.summary.uid for one in patients[:2]}
    assert names_nobody_else(tmp_path / "third.dcm")
