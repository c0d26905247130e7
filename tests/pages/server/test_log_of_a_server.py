"""The log of a server on which somebody draws, proposes, corrects, reviews and exports."""

import asyncio
import json
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from core.demo import write_demo_series
from core.dicom.reading import find_series
from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries, add_series, new_home
from tests.support.editor_protocol import Tab
from tests.support.pages import PERSON
from tests.support.segments import LIVER_SEGMENT
from tests.support.signed_in import new_session, with_sign_in

SIDE, SLICES = 256, 6
SOMEBODY = "erika.schreiber@hospital.example.org"
PATIENT = {
    "PatientName": "Mustermann^Erika",
    "PatientID": "PID-4711",
    "PatientBirthDate": "19580312",
    "AccessionNumber": "ACC-0815",
    "StudyDescription": "Abdomen nach Sturz",
    "ReferringPhysicianName": "Hausarzt^Hans",
}
VARIABLES = {"SLICEWISE_LOG": "json", "STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE": "true"}
_TELLING = ("PN", "UI", "LO", "SH", "DA", "LT", "ST")
_SHORTEST = 5  # "CT" stands in many lines


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> DrawnSeries:
    """A series of a patient on a server that has gone through the whole job and has ended."""
    folder = tmp_path_factory.mktemp("log")
    server = with_sign_in(Server(new_home(folder), variables=VARIABLES), 9, "unused")
    write_demo_series(folder / "demo")
    files = list(find_series(folder / "demo")[0].files[12 : 12 + SLICES])
    for path in files:
        dataset = pydicom.dcmread(path)
        for name, value in PATIENT.items():
            setattr(dataset, name, value)
        dataset.save_as(path)
    series = add_series(server, files, "Mustermann-Sturz")
    server.start()
    try:
        asyncio.run(whole_job(series))
    finally:
        server.stop()
    return series


async def whole_job(series: DrawnSeries) -> None:
    """Draw, propose, correct, review and export."""
    session = new_session(series.server.home, SOMEBODY, series.server.url)
    async with Tab(series.server.url, series.key, f"{USER_COOKIE_NAME}={session}") as tab:
        await tab.opened(120)
        for index in (0, 2, 5):
            await tab.go_to(index)
            await tab.draw(index, disc(40))
        await tab.propose()
        await tab.go_to(1)
        await tab.hint(1, disc(10))
        await tab.turn_to("review")
        await tab.decide("reject", tab.waiting[:1])
        await tab.decide("accept", tab.waiting[:1])
        await tab.turn_to_export()
        await tab.export()


def disc(radius: float) -> NDArray[np.bool_]:
    """Mask, bool [rows, columns]."""
    rows, columns = np.ogrid[:SIDE, :SIDE]
    return np.asarray((rows - SIDE / 2) ** 2 + (columns - SIDE / 2) ** 2 < radius**2)


@pytest.fixture(scope="module")
def log(series: DrawnSeries) -> str:
    """All that the server wrote."""
    return series.server.log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def events(log: str) -> list[dict[str, Any]]:
    """Its lines, each of which is a JSON object."""
    return [json.loads(line) for line in log.splitlines() if line.strip()]


def test_every_step_of_the_job_is_an_event(events: list[dict[str, Any]]) -> None:
    told = {one["event"] for one in events}
    assert told >= {
        "server-started",
        "request",
        "websocket-opened",
        "series-opened",
        "message",
        "job-asked",
        "job-ended",
        "export-created",
        "websocket-closed",
        "server-stopped",
    }
    # Streamlit warns where a tab asks for what has just gone from the page.
    assert not [one for one in events if one["level"] not in ("info", "warning")]
    kinds = [one["kind"] for one in events if one["event"] == "message"]
    assert kinds == ["mask"] * 3 + ["hint"] + ["decision"] * 2
    assert "withheld" not in {value for one in events for value in one.values()}


def test_events_of_a_job_and_of_a_tab_belong_together(events: list[dict[str, Any]]) -> None:
    (asked,) = [one for one in events if one["event"] == "job-asked"]
    (ended,) = [one for one in events if one["event"] == "job-ended"]
    assert asked["job"] == ended["job"]
    assert ended["outcome"] == "done"
    assert ended["proposals"] == SLICES - 3
    assert 0 <= ended["waited"] <= ended["seconds"]
    messages = [one for one in events if one["event"] == "message"]
    assert {one["tab"] for one in messages} == {asked["tab"]}
    assert all(one["seconds"] > 0 for one in messages)


def test_nothing_in_the_log_tells_of_the_patient_the_files_or_the_person(
    log: str, series: DrawnSeries
) -> None:
    telling = {PERSON, SOMEBODY, "schreiber", LIVER_SEGMENT.label, series.key, series.uid}
    telling |= {series.folder.name, str(series.server.home), "annotations.db"}
    for path in series.folder.iterdir():
        telling.add(path.name)
        for element in pydicom.dcmread(path):
            if element.VR in _TELLING:
                telling |= set(str(element.value).split("^"))
    found = {one for one in telling if len(one) >= _SHORTEST and one.casefold() in log.casefold()}
    assert not found
    assert len(telling) > 20
