"""Messages to the browser: everything once, then what changed, and pixels it asked for."""

import json
import struct
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from core.annotation.actions import save_drawing
from core.annotation.ends import state_end
from core.annotation.proposal_storing import store_proposals
from core.annotation.run_length import decode_runs
from core.annotation.states import describe_states
from core.proposals.examples import Proposal
from core.segments.ends import End
from pages.session.widget_keys import leaving_key
from pages.session.work import Work
from pages.slice_editor.client_state import ClientState
from pages.slice_editor.incoming import Outbox, Wanted
from pages.slice_editor.outgoing import make_message
from tests.support.segments import LIVER_SEGMENT

TAB = "0123456789abcdef"


def send(work: Work, client_state: ClientState, outbox: Outbox) -> tuple[dict[str, Any], bytes]:
    """Header and parts of the message."""
    message = make_message(work, client_state, outbox, [], [LIVER_SEGMENT], LIVER_SEGMENT)
    (length,) = struct.unpack_from("<I", message)
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def square(size: int) -> np.ndarray:
    mask = np.zeros((256, 256), dtype=np.bool_)
    mask[40 : 40 + size, 60 : 60 + size] = True
    return mask


def test_a_new_tab_is_sent_everything_and_later_only_what_changed(work: Work) -> None:
    for index in (1, 3):
        save_drawing(
            work.store, work.annotation_key, 1, index, square(9), person="anna", tool="brush"
        )
    client_state = ClientState()
    header, parts = send(work, client_state, Outbox())
    assert header["full"] and [one["slice"] for one in header["changes"]] == [1, 3]
    size = header["changes"][0]["bytes"]
    assert (decode_runs(parts[:size], (256, 256)) == square(9)).all()

    known = Outbox(TAB, epoch=client_state.epoch, revision=header["revision"])
    header, _ = send(work, client_state, known)
    assert not header["full"] and header["changes"] == []
    save_drawing(work.store, work.annotation_key, 1, 3, square(12), person="ben", tool="brush")
    for _ in range(2):  # until the browser says that it knows
        header, _ = send(work, client_state, known)
        assert [(one["slice"], one["version"]) for one in header["changes"]] == [(3, 2)]


def test_a_tab_that_knows_another_memory_is_sent_everything(work: Work) -> None:
    save_drawing(work.store, work.annotation_key, 1, 1, square(9), person="anna", tool="brush")
    header, _ = send(work, ClientState(), Outbox(TAB, epoch="another", revision=99))
    assert header["full"] and len(header["changes"]) == 1


def test_each_request_for_pixels_is_answered_once(work: Work) -> None:
    client_state = ClientState()
    outbox = Outbox(TAB, wanted=Wanted(((4, 1), (5, 1)), row=(100, 1)))
    header, _ = send(work, client_state, outbox)
    assert [one["slice"] for one in header["images"]] == [4, 5]
    assert [(one["axis"], one["index"]) for one in header["planes"]] == [("row", 100)]
    header, _ = send(work, client_state, outbox)
    assert header["images"] == [] and header["planes"] == []
    header, _ = send(work, client_state, Outbox(TAB, wanted=Wanted(((5, 2),))))
    assert [one["slice"] for one in header["images"]] == [5]


def test_the_number_of_the_last_message_received_is_sent_back(work: Work) -> None:
    header, _ = send(work, ClientState(), Outbox(TAB, sent=7))
    assert header["acknowledged"] == {"client": TAB, "number": 7}


def test_the_header_describes_states_and_which_buttons_wait(work: Work) -> None:
    header, _ = send(work, ClientState(), Outbox())
    assert header["states"] == describe_states()
    assert leaving_key("export", to_page=True).startswith(header["leavingKeys"]["page"])
    assert leaving_key("propose").startswith(header["leavingKeys"]["any"])


def test_the_header_names_no_patient(work: Work) -> None:
    header, _ = send(work, ClientState(), Outbox())
    text = json.dumps(header)
    summary = work.series.summary
    assert all(
        one not in text for one in (summary.patient_name, summary.patient_id, summary.uid) if one
    )


def test_the_page_shows_the_editor(work: Work) -> None:
    def page(work):  # type: ignore[no-untyped-def]
        from pages.slice_editor.editor import show_slice_editor

        show_slice_editor(work)

    app = AppTest.from_function(page, kwargs={"work": work}).run()
    assert not app.exception


def test_a_tab_is_told_where_segments_begin_and_end(work: Work) -> None:
    assert send(work, ClientState(), Outbox())[0]["ends"] == []
    state_end(work.store, work.annotation_key, 1, End.LAST, 4, person="anna")
    assert send(work, ClientState(), Outbox())[0]["ends"] == [
        {"segment": 1, "first": {"slice": None, "version": 0}, "last": {"slice": 4, "version": 1}}
    ]


def test_surfaces_are_sent_when_asked_for_with_proposals_apart(work: Work) -> None:
    save_drawing(work.store, work.annotation_key, 1, 3, square(20), person="anna", tool="brush")
    client_state = ClientState()
    assert send(work, client_state, Outbox(TAB))[0]["surfaces"] is None
    outbox = Outbox(TAB, wanted=Wanted(surfaces=1))
    header, parts = send(work, client_state, outbox)
    surfaces = header["surfaces"]
    (mesh,) = surfaces["meshes"]
    assert (mesh["segment"], mesh["proposed"]) == (1, 0) and mesh["drawn"] > 100
    assert surfaces["request"] == 1
    packed = parts[len(parts) - mesh["bytes"] :]
    vertices = np.frombuffer(packed, "<f4", 3 * mesh["vertices"]).reshape(3, -1)
    faces = np.frombuffer(packed, "<i4", 3 * mesh["drawn"], vertices.nbytes).reshape(3, -1)
    assert set(faces.ravel()) == set(range(mesh["vertices"]))
    geometry = work.series.geometry
    middle = (
        geometry.positions[3]
        + 69.5 * geometry.pixel_spacing[1] * geometry.row_direction
        + 49.5 * geometry.pixel_spacing[0] * geometry.column_direction
    )
    assert np.allclose((vertices.min(axis=1) + vertices.max(axis=1)) / 2, middle, atol=0.01)
    assert send(work, client_state, outbox)[0]["surfaces"] is None
    store_proposals(
        work.store, work.annotation_key, [Proposal(1, 4, square(20), 0.8)], person="anna"
    )
    header, _ = send(work, client_state, Outbox(TAB, wanted=Wanted(surfaces=2)))
    (mesh,) = header["surfaces"]["meshes"]
    assert mesh["drawn"] > 100 and mesh["proposed"] > 100
