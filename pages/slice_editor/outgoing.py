"""Messages to the editor in the browser: the series, masks that changed, pixels it asked for."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.annotation.ends import stated_ends
from core.annotation.records import StepTaken
from core.annotation.run_length import encode_runs
from core.annotation.states import describe_states
from core.annotation.store import SliceAnnotation
from core.annotation.taught_masks import JOINED_TOOL
from core.display.mask_opacity import MASK_OPACITY, OTHERS_SHARE, PROPOSED_SHARE
from core.display.planes import AXES, slice_shifts, upright_letters
from core.display.windows import window_choices
from core.home.secret import opaque_name
from core.segments.ends import End
from core.segments.segment import Segment, distinct_names
from pages.session.live_proposals import live_proposals
from pages.session.proposal_jobs import running_job, seconds_between_looks
from pages.session.volume_preview import PREVIEW_SEGMENT, volume_preview
from pages.session.widget_keys import LEAVING, OTHER_PAGE
from pages.session.work import Work, current_slice
from pages.slice_editor.client_state import ClientState, Place
from pages.slice_editor.framing import join_parts
from pages.slice_editor.incoming import Outbox, Wanted, most_slices
from pages.slice_editor.message_handling import Answer, answer_dict
from pages.slice_editor.outgoing_people import people_message
from pages.slice_editor.outgoing_second import second_series_message
from pages.slice_editor.outgoing_surfaces import surfaces_message
from pages.slice_editor.pixels import Scale, pack, scale_of
from pages.slice_editor.review_messages import PREVIOUS_SEGMENT, previous_masks, review_header
from pages.views.work_comments import open_comment_slices
from pages.views.work_line import FINISHING_KEY

_FIRST_SLICES = 1  # on either side, before the browser asks for any
_PACKED_SLICES = 64


def make_message(
    work: Work,
    client_state: ClientState,
    outbox: Outbox,
    answers: list[Answer],
    segments: list[Segment],
    segment: Segment,
    *,
    reviews: bool = False,
) -> bytes:
    """Everything to send to the browser now.

    Parameters
    ----------
    work : Work
        Series being worked on.
    client_state : ClientState
        Of this session; updated.
    outbox : Outbox
        The last message from the browser.
    answers : list of Answer
        To its messages.
    segments : list of Segment
        All of the series.
    segment : Segment
        The one being worked on.
    reviews : bool
        Whether the page is the one for reviewing.

    Returns
    -------
    bytes
        See `join_parts`.
    """
    parts: list[bytes] = []
    people = people_message(work, client_state.epoch)
    stored = work.store.annotation(work.annotation_key)
    live = live_proposals(work, stored)
    annotation = {**stored, **live, **volume_preview(work).masks}
    if reviews and outbox.compares:
        annotation |= previous_masks(work, stored, segment.number, current_slice(work))
    full = outbox.epoch != client_state.epoch
    steps = work.store.next_steps(work.annotation_key, work.person)
    _notice_move(client_state, (current_slice(work), segment.number))
    header = {
        "series": _series(work, segments),
        "states": describe_states(),
        "opacity": {
            "masks": MASK_OPACITY,
            "proposed": PROPOSED_SHARE,
            "others": OTHERS_SHARE,
        },
        "previewSegment": PREVIEW_SEGMENT,
        "previousSegment": PREVIOUS_SEGMENT,
        "review": review_header(work, stored, live) if reviews else None,
        "leavingKeys": {"any": LEAVING, "page": OTHER_PAGE, "finish": FINISHING_KEY},
        "comments": open_comment_slices(work),
        "epoch": client_state.epoch,
        "full": full,
        "view": {
            "slice": current_slice(work),
            "segment": segment.number,
            "moves": client_state.moves,
            "tool": work.memory.tool,
            "window": work.memory.window,
            "segments": asdict(work.memory.segments),
        },
        "acknowledged": {"client": outbox.client, "number": outbox.sent},
        "lookAgainAfter": None
        if running_job(work) is None
        else round(1000 * seconds_between_looks()),
        "answers": [answer_dict(one) for one in answers],
        "changes": _changes(annotation, client_state, 0 if full else outbox.revision, parts),
        "revision": client_state.revision,
        "ends": _ends(work),
        "steps": {"undo": _step(steps.undo), "redo": _step(steps.redo)},
        "images": _images(work, client_state, outbox, parts),
        "planes": _planes(work, client_state, outbox, parts),
        "people": people,
        "second": second_series_message(work, client_state, outbox, parts),
        "surfaces": surfaces_message(work, client_state, outbox, annotation, parts),
    }
    return join_parts(header, parts)


def owner_of(work: Work) -> str:
    """Opaque name of the person, to whom belongs what a tab has not sent yet.

    A tab may lose its connection and come back when somebody else has signed in to the browser.
    """
    return opaque_name(work.entrance.settings.home, work.person)


def _series(work: Work, segments: list[Segment]) -> dict[str, Any]:
    series, geometry = work.series, work.series.geometry
    scale = _scale(work.opened.key, work)
    in_patient = geometry.in_patient
    names = distinct_names(segments)
    return {
        "key": work.key,
        "owner": owner_of(work),
        "readOnly": work.reason_against_editing,
        "shape": [series.summary.slices, series.summary.rows, series.summary.columns],
        "spacing": [float(one) for one in geometry.spacing],
        "offset": scale.offset,
        "slope": scale.slope,
        "counted": series.volume.dtype.kind in "iu",
        "unit": series.summary.units,
        "inverted": series.inverted,
        "inPatient": in_patient,
        "letters": list(geometry.orientation_letters),
        "upright": {axis: upright_letters(geometry, axis) for axis in AXES},
        "positions": [round(float(one @ geometry.normal), 2) for one in geometry.positions]
        if in_patient
        else None,
        "reach": geometry.slice_reach.round(3).tolist() if in_patient else None,
        "shifts": slice_shifts(geometry).round(3).tolist() if in_patient else None,
        "mostSlices": most_slices(series.volume.shape),
        "thickness": [float(one) for one in geometry.slice_reach.sum(axis=1)]
        if geometry.measures_volume
        else None,
        "windows": [
            {"name": name, "center": window.center, "width": window.width}
            for name, window in window_choices(series).items()
        ],
        "segments": [
            {
                "number": one.number,
                "label": names[one.number],
                "color": list(one.color),
                "category": one.category.meaning,
                "overlap": str(one.overlap),
            }
            for one in segments
        ],
    }


def _notice_move(client_state: ClientState, view: tuple[int, int | None]) -> None:
    if client_state.view is not None and view not in (client_state.view, client_state.reported):
        client_state.moves += 1
    client_state.view = view


def _changes(
    annotation: Mapping[Place, SliceAnnotation],
    client_state: ClientState,
    known: int,
    parts: list[bytes],
) -> list[dict[str, Any]]:
    """Masks newer than a revision; their run-length codes go to `parts`."""
    # Proposals of a running job change without a new version: they are not stored yet.
    contents = {place: (one.version, one.state, one.runs) for place, one in annotation.items()}
    changed = [
        place
        for place, content in contents.items()
        if place not in client_state.masks or client_state.masks[place][0] != content
    ]
    if changed:
        client_state.revision += 1
        for place in changed:
            client_state.masks[place] = (contents[place], client_state.revision)
    sent = []
    for place, one in annotation.items():
        if client_state.masks[place][1] <= known:
            continue
        code = one.runs if one.runs is not None else _empty_code(one.shape)
        parts.append(code)
        sent.append(
            {
                "segment": place[0],
                "slice": place[1],
                "version": one.version,
                "state": str(one.state),
                "expected": one.expected_dice,
                "teachers": len(one.teachers),
                "joined": one.tool == JOINED_TOOL,
                "bytes": len(code),
            }
        )
    return sent


def _images(
    work: Work, client_state: ClientState, outbox: Outbox, parts: list[bytes]
) -> list[dict[str, int]]:
    wanted = outbox.wanted.slices
    if not outbox.client:
        middle, slices = current_slice(work), work.series.summary.slices
        near = sorted(range(slices), key=lambda index: abs(index - middle))
        wanted = tuple((index, 0) for index in near[: 2 * _FIRST_SLICES + 1])
    sent = []
    for index, request in wanted:
        if not client_state.is_due(outbox, "slice", index, request):
            continue
        parts.append(_packed_slice(work.opened.key, index, work))
        sent.append({"slice": index, "bytes": len(parts[-1])})
    return sent


def _planes(
    work: Work, client_state: ClientState, outbox: Outbox, parts: list[bytes]
) -> list[dict[str, Any]]:
    scale = _scale(work.opened.key, work)
    wanted: Wanted = outbox.wanted
    sent = []
    for axis, asked in (("row", wanted.row), ("column", wanted.column)):
        if asked is None or not client_state.is_due(outbox, axis, *asked):
            continue
        index = asked[0]
        volume: NDArray[np.generic] = work.series.volume
        plane = volume[:, index, :] if axis == "row" else volume[:, :, index]
        parts.append(pack(plane, scale))
        sent.append({"axis": axis, "index": index, "bytes": len(parts[-1])})
    return sent


def _ends(work: Work) -> list[dict[str, Any]]:
    """What is stated of the ends of all segments."""
    return [
        {
            "segment": number,
            **{
                str(end): {"slice": stated.ends.of(end), "version": stated.version(end)}
                for end in End
            },
        }
        for number, stated in stated_ends(work.store, work.annotation_key).items()
    ]


def _step(step: StepTaken | None) -> dict[str, Any] | None:
    if step is None:
        return None
    client, number = step.message if step.message is not None else (None, None)
    return {"action": step.action, "client": client, "number": number}


@st.cache_data(max_entries=8, show_spinner=False)
def _empty_code(shape: tuple[int, int]) -> bytes:
    return encode_runs(np.zeros(shape, dtype=np.bool_))


@st.cache_resource(max_entries=20, show_spinner=False)
def _scale(key: str, _work: Work) -> Scale:
    return scale_of(_work.series.volume)


@st.cache_data(max_entries=_PACKED_SLICES, show_spinner=False)
def _packed_slice(key: str, index: int, _work: Work) -> bytes:
    return pack(_work.series.volume[index], _scale(key, _work))
