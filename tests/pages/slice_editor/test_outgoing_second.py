"""Messages to the browser about the second series."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.uid import generate_uid

from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from pages.session.memory import SecondSeries
from pages.session.work import Work
from pages.slice_editor.client_state import ClientState
from pages.slice_editor.incoming import Outbox, Wanted
from pages.slice_editor.outgoing import make_message
from tests.support.segments import LIVER_SEGMENT

TAB = "0123456789abcdef"


@pytest.fixture(scope="module")
def beside(series: Any, tmp_path_factory: pytest.TempPathFactory) -> SeriesSummary:
    """Every other slice of the series, its n-th slice 100 × n HU everywhere."""
    folder = tmp_path_factory.mktemp("second")
    uid = generate_uid()
    for index, path in enumerate(series.summary.files[::2]):
        dataset = pydicom.dcmread(path)
        dataset.SeriesInstanceUID = uid
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        value = 100 * (index + 1) - int(dataset.RescaleIntercept)
        dataset.PixelData = np.full((dataset.Rows, dataset.Columns), value, "<u2").tobytes()
        dataset.save_as(folder / path.name)
    return find_series(folder)[0]


def choose(work: Work, summary: SeriesSummary, key: str = "1" * 24) -> SeriesReading:
    reading = SeriesReading(summary)
    work.memory.second = SecondSeries(OpenedSeries(key, summary.uid, Path()), reading)
    return reading


def send(
    work: Work, client_state: ClientState, second: tuple[tuple[int, int], ...]
) -> tuple[Any, bytes]:
    """What is said of the second series, and its slices, the last parts of the message."""
    outbox = Outbox(TAB, epoch=client_state.epoch, wanted=Wanted(second=second))
    message = make_message(work, client_state, outbox, [], [LIVER_SEGMENT], LIVER_SEGMENT)
    (length,) = struct.unpack_from("<I", message)
    said = json.loads(message[4 : 4 + length])["second"]
    size = sum(one["bytes"] for one in said["images"]) if said else 0
    return said, message[len(message) - size :]


def unpack(packed: bytes, shape: tuple[int, int]) -> NDArray[np.uint16]:
    low, high = np.frombuffer(zlib.decompress(packed, -15), np.uint8).reshape(2, *shape)
    differences = low.astype(np.uint16) + (high.astype(np.uint16) << 8)
    return np.cumsum(differences, axis=1, dtype=np.uint16)


def test_without_a_second_series_nothing_is_said_or_sent(work: Work) -> None:
    assert send(work, ClientState(), ((2, 1),)) == (None, b"")


def test_slices_of_the_second_series_are_sent_once_on_the_planes_of_the_first(
    work: Work, beside: SeriesSummary
) -> None:
    choose(work, beside).result()
    client_state = ClientState()
    said, parts = send(work, client_state, ((4, 1),))
    picture = said["picture"]
    assert picture["shape"] == [256, 256] and picture["unit"] == "HU"
    assert [(one["slice"], one["place"]) for one in said["images"]] == [(4, "slice 3 of 3")]
    values = picture["offset"] + picture["slope"] * unpack(parts, (256, 256))
    assert (values == 300).all()
    assert send(work, client_state, ((4, 1),))[0]["images"] == []
    assert len(send(work, client_state, ((4, 2),))[0]["images"]) == 1


def test_another_second_series_is_sent_even_for_the_same_request(
    work: Work, beside: SeriesSummary
) -> None:
    client_state = ClientState()
    for key in ("1" * 24, "2" * 24):
        choose(work, beside, key).result()
        assert len(send(work, client_state, ((0, 1),))[0]["images"]) == 1


def test_a_slice_between_two_of_the_second_series_tells_how_far_away_the_one_shown_is(
    work: Work, beside: SeriesSummary
) -> None:
    choose(work, beside).result()
    (image,) = send(work, ClientState(), ((1, 1),))[0]["images"]
    assert image["place"].endswith(f"of 3, {work.series.summary.slice_spacing:.1f} mm away")


def test_nothing_waits_for_a_second_series_that_is_still_being_read(
    work: Work, beside: SeriesSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = choose(work, beside)
    reading.result()
    assert work.series.volume.shape  # waits until the first series is read whole
    monkeypatch.setattr(SeriesReading, "is_finished", property(lambda one: one is not reading))
    client_state = ClientState()
    said, parts = send(work, client_state, ((0, 1),))
    assert said["picture"] is None and (said["done"], said["slices"]) == (3, 3) and not parts
    monkeypatch.undo()
    assert len(send(work, client_state, ((0, 1),))[0]["images"]) == 1


def test_a_second_series_that_cannot_be_read_says_why_and_leaves_the_first_alone(
    work: Work, beside: SeriesSummary
) -> None:
    path = beside.files[1]
    elsewhere = path.rename(path.with_name("elsewhere"))
    try:
        reading = choose(work, beside)
        reading.wait(60)
        said, parts = send(work, ClientState(), ((0, 1),))
    finally:
        elsewhere.rename(path)
    assert said["problem"] and said["picture"] is None and not parts


def test_what_is_said_names_no_patient(work: Work, beside: SeriesSummary) -> None:
    choose(work, beside).result()
    text = json.dumps(send(work, ClientState(), ((0, 1),))[0])
    assert all(
        one not in text for one in (beside.patient_name, beside.patient_id, beside.uid) if one
    )
