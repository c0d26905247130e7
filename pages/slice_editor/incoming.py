"""Messages from the editor in the browser, checked once."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.annotation.run_length import check_runs
from core.home.segment_display import SegmentDisplay
from core.segments.ends import End
from pages.slice_editor.message_kinds import (
    AbsentMessage,
    CodedMask,
    DecisionMessage,
    EndMessage,
    HintMessage,
    MaskMessage,
    MasksMessage,
    Message,
    SeenProposal,
    SliceMask,
    StepMessage,
)
from pages.slice_editor.message_values import (
    LARGEST,
    MessageError,
    display_of,
    list_of,
    mapping_of,
    optional_number,
    optional_text,
    segment_numbers,
    text_of,
    whole_number,
    window_of,
)

_CLIENT = re.compile(r"[0-9a-z]{8,40}")
_OWNER = re.compile(r"[0-9a-f]{0,24}")
_ANNOTATION = re.compile(r"[0-9a-f]{0,24}(-a[0-9a-f]{32})?")
_TOOL = re.compile(r"[a-z][a-z -]{0,39}")
_TOOL_CHOSEN = re.compile(r"[A-Za-z][A-Za-z -]{0,39}")
_REASON = re.compile(r"[^\x00-\x1f\x7f]{0,80}")  # why a proposal is rejected
_MOST_MESSAGES = 5000
_MOST_OF_SECOND = 4  # a slice of the second series is computed, which takes longer than sending it
_MOST_CODE_BYTES = 2**22  # of the masks carried out at once; days of drawing take less
_MOST_STROKE_PIXELS = 2**26  # of the slices that one stroke changes, decoded at once
_MOST_MASK_PIXELS = 2**28  # of these masks, decoded one by one: about a second's work


@dataclass(frozen=True)
class Wanted:
    """Pixels that the browser asks for.

    Attributes
    ----------
    slices : tuple of (int, int)
        Slice index and number of the request; a later request for the same has another number.
    row, column : (int, int) or None
        Row, or column, of the plane across all slices, and number of the request.
    second : tuple of (int, int)
        As `slices`, of the second series on the planes of these slices.
    surfaces : int or None
        Number of the request for the surfaces of all segments.
    """

    slices: tuple[tuple[int, int], ...] = ()
    row: tuple[int, int] | None = None
    column: tuple[int, int] | None = None
    second: tuple[tuple[int, int], ...] = ()
    surfaces: int | None = None


@dataclass(frozen=True, eq=False)
class Outbox:
    """All that the browser sends at once.

    Attributes
    ----------
    client : str
        Names the tab; blank before it has sent anything.
    owner : str
        Whose the tab's messages are, as it was told with the series.
    annotation : str
        What they are drawn on, as `pages.session.work.Work.key` names it.
    sent : int
        How often the tab has sent something.
    epoch, revision : str, int
        What the browser knows of the masks: everything up to this revision of this epoch.
    segment, slice : int or None
        What the person is looking at.
    compares : bool
        Whether versions before those shown are wanted.
    tool : str or None
        Tool chosen.
    window : (str, float, float) or None
        Name, centre and width of the window chosen.
    segments : SegmentDisplay or None
        How the segments are shown.
    wanted : Wanted
        Pixels to send.
    messages : tuple of Message
        Without an answer so far, oldest first: as many as are carried out at once. The browser
        sends the others again.
    """

    client: str = ""
    owner: str = ""
    annotation: str = ""
    sent: int = 0
    epoch: str = ""
    revision: int = 0
    segment: int | None = None
    slice: int | None = None
    compares: bool = False
    tool: str | None = None
    window: tuple[str, float, float] | None = None
    segments: SegmentDisplay | None = None
    wanted: Wanted = Wanted()
    messages: tuple[Message, ...] = ()


def read_outbox(value: Any, shape: tuple[int, int, int]) -> Outbox:
    """Check what came from the browser.

    Parameters
    ----------
    value : Any
        As it came.
    shape : tuple of int
        Slices, rows and columns of the series.

    Returns
    -------
    Outbox
        Empty where nothing has come yet.

    Raises
    ------
    MessageError
        If it is nothing that an editor sends.
    """
    if value is None:
        return Outbox()
    outbox = mapping_of(value)
    messages = list_of(outbox.get("messages"))
    if len(messages) > _MOST_MESSAGES:
        raise MessageError("The editor sends no more than a few thousand messages at once.")
    slices = shape[0]
    epoch = outbox.get("epoch", "")
    return Outbox(
        client=text_of(outbox.get("client"), _CLIENT),
        owner=text_of(outbox.get("owner", ""), _OWNER),
        annotation=text_of(outbox.get("annotation", ""), _ANNOTATION),
        sent=whole_number(outbox.get("sent")),
        epoch=epoch[:40] if isinstance(epoch, str) else "",
        revision=whole_number(outbox.get("revision")),
        segment=optional_number(outbox.get("segment"), LARGEST),
        slice=optional_number(outbox.get("slice"), slices),
        compares=outbox.get("compares") is True,
        tool=optional_text(outbox.get("tool"), _TOOL_CHOSEN),
        window=window_of(outbox.get("window")),
        segments=display_of(outbox.get("segments")),
        wanted=_wanted(mapping_of(outbox.get("wanted", {})), shape),
        messages=tuple(_within_budget(messages, shape)),
    )


def _within_budget(messages: list[Any], shape: tuple[int, int, int]) -> Iterator[Message]:
    """Read messages as long as their masks take bounded time and memory; at least one."""
    code_bytes = pixels = 0
    for number, value in enumerate(messages):
        message = _message(mapping_of(value), shape)
        if isinstance(message, MasksMessage):
            masks = [one.mask for one in message.masks]
        else:
            masks = [one for one in vars(message).values() if isinstance(one, CodedMask)]
        code_bytes += sum(len(mask.code) for mask in masks)
        pixels += len(masks) * shape[1] * shape[2]
        if number > 0 and (code_bytes > _MOST_CODE_BYTES or pixels > _MOST_MASK_PIXELS):
            return
        yield message


def _message(value: dict[str, Any], shape: tuple[int, int, int]) -> Message:
    client = text_of(value.get("client"), _CLIENT)
    number = whole_number(value.get("number"))
    kind = value.get("kind")
    if kind in ("undo", "redo"):
        return StepMessage(client, number, kind, optional_number(value.get("of"), LARGEST))
    segment = whole_number(value.get("segment"))
    if kind == "end":
        end = value.get("end")
        if end not in tuple(End):
            raise MessageError("A segment has a first and a last slice.")
        at = optional_number(value.get("slice"), shape[0])
        return EndMessage(client, number, segment, End(end), at, whole_number(value.get("base")))
    if kind in ("accept", "reject"):
        reason = text_of(value.get("reason", ""), _REASON)
        seen = _seen_proposals(list_of(value.get("changes")), shape)
        return DecisionMessage(client, number, segment, kind, seen, reason)
    if kind == "masks":
        masks = _slice_masks(list_of(value.get("changes")), shape)
        tool, erased = text_of(value.get("tool"), _TOOL), value.get("erased") is True
        return MasksMessage(client, number, segment, masks, tool, erased, _locked(value))
    index = whole_number(value.get("slice"), shape[0])
    based_on = whole_number(value.get("base"))
    place = (segment, index, based_on)

    def mask(name: str) -> CodedMask:
        return _mask(value.get(name), shape[1:])

    if kind == "absent":
        return AbsentMessage(client, number, *place)
    if kind == "hints":
        masks_drawn = (mask("mask"), mask("added"), mask("removed"))
        return HintMessage(client, number, *place, *masks_drawn, _locked(value))
    if kind != "mask":
        raise MessageError("The editor sends no messages of this kind.")
    tool, erased = text_of(value.get("tool"), _TOOL), value.get("erased") is True
    return MaskMessage(client, number, *place, mask("mask"), tool, erased, _locked(value))


def _locked(value: dict[str, Any]) -> tuple[int, ...]:
    """Segments that keep their pixels; none in messages of earlier versions of the editor."""
    return segment_numbers(value.get("locked", []))


def _seen_proposals(changes: list[Any], shape: tuple[int, int, int]) -> tuple[SeenProposal, ...]:
    seen = {
        whole_number(one.get("slice"), shape[0]): whole_number(one.get("base"))
        for one in map(mapping_of, changes[: shape[0]])
    }
    if not 0 < len(seen) == len(changes):
        raise MessageError("A decision is about each slice once, and about one at least.")
    return tuple(SeenProposal(index, based_on) for index, based_on in seen.items())


def most_slices(shape: tuple[int, int, int]) -> int:
    """How many slices (of slices, rows and columns) one stroke may change: two at least."""
    return min(shape[0], max(2, _MOST_STROKE_PIXELS // (shape[1] * shape[2])))


def _slice_masks(changes: list[Any], shape: tuple[int, int, int]) -> tuple[SliceMask, ...]:
    found: dict[int, SliceMask] = {}
    for one in map(mapping_of, changes[: most_slices(shape)]):
        index = whole_number(one.get("slice"), shape[0])
        found[index] = SliceMask(
            index, whole_number(one.get("base")), _mask(one.get("mask"), shape[1:])
        )
    if not 0 < len(found) == len(changes):
        raise MessageError("A stroke changes each slice once, and a bounded number of them.")
    return tuple(found.values())


def _wanted(value: dict[str, Any], shape: tuple[int, int, int]) -> Wanted:
    slices, rows, columns = shape

    def request(one: Any, most: int) -> tuple[int, int]:
        pair = list_of(one)
        if len(pair) != 2:
            raise MessageError("A request consists of what is wanted and a number.")
        return whole_number(pair[0], most), whole_number(pair[1])

    def several(name: str, most: int) -> tuple[tuple[int, int], ...]:
        return tuple(request(one, slices) for one in list_of(value.get(name, []))[:most])

    row, column = value.get("row"), value.get("column")
    return Wanted(
        several("slices", slices),
        None if row is None else request(row, rows),
        None if column is None else request(column, columns),
        several("second", _MOST_OF_SECOND),
        optional_number(value.get("surfaces"), LARGEST),
    )


def _mask(value: Any, shape: tuple[int, int]) -> CodedMask:
    try:
        code = base64.b64decode(value, validate=True)
        check_runs(code, shape)
    except (binascii.Error, TypeError, ValueError) as error:
        raise MessageError("A mask is incomplete.") from error
    return CodedMask(code, shape)
