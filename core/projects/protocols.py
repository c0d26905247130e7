"""The protocol of a project: which segments to draw, with which codes, and how."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace

from core.annotation.project_schema import protocol_version
from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_line, check_paragraphs
from core.audit.entries import Action
from core.projects.access import changing_project, seeing_project
from core.projects.deeds import record_deed
from core.projects.protocol_rows import (
    Protocol,
    all_protocols,
    apply_to_untouched,
    newest_protocol,
    protocol_text,
)
from core.projects.records import MoveRefused, Role
from core.projects.version_rows import append
from core.segments.anatomy import CATEGORIES, LEFT, RIGHT
from core.segments.label_lists import (
    COLUMNS,
    FORMULA_BEGINNINGS,
    LONGEST_INSTRUCTIONS,
    MOST_LABELS,
    ListedLabel,
    read_label_list,
)
from core.segments.spreadsheet_text import without_formula

LONGEST_TEXT = 20_000


def protocol_of(store: AnnotationStore, project_key: str, person: str) -> Protocol:
    """Return the newest protocol of a project to a member; an empty one, version 0, at first.

    Raises
    ------
    AccessRefused
        If the person is no member, or there is no such project.
    """
    with seeing_project(store, project_key, person) as (connection, _):
        return newest_protocol(connection, project_key)


def protocol_versions(store: AnnotationStore, project_key: str, person: str) -> list[Protocol]:
    """Return all protocols that a project has had, the newest first; errors as `protocol_of`."""
    with seeing_project(store, project_key, person) as (connection, _):
        return all_protocols(connection, project_key)


def read_protocol_segments(content: bytes) -> list[ListedLabel]:
    """Read the segments of a protocol from CSV or JSON, as `read_label_list` does.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    list of ListedLabel
        In the order of the file.

    Raises
    ------
    LabelListError
        If it cannot be used; also for characters that are not shown.
    """
    return read_label_list(content, _check_segment)


def set_protocol(
    store: AnnotationStore,
    project_key: str,
    segments: Sequence[ListedLabel],
    instructions: str,
    person: str,
    *,
    based_on: int | None = None,
) -> Protocol:
    """Give a project a new protocol.

    New series get its segments, and so do those where nobody has drawn anything yet. The others
    keep theirs.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    segments : sequence of ListedLabel
        To draw, in the order of their numbers.
    instructions : str
        What people have to know besides those of single segments; may be blank.
    person : str
        An administrator of the project.
    based_on : int, optional
        Version that the person has seen; any by default.

    Returns
    -------
    Protocol
        With its version.

    Raises
    ------
    AccessRefused
        If the person does not administer the project, or there is none.
    MoveRefused
        If the protocol has changed since `based_on`, or the project is archived.
    StoreError
        If a text is too long, begins like a formula, or contains characters that are not shown.
    """
    _check_segments(segments)
    check_paragraphs(instructions, "The instructions", LONGEST_TEXT, may_be_blank=True)
    with changing_project(store, project_key, person, Role.ADMINISTER) as (connection, _):
        before = newest_protocol(connection, project_key)
        if based_on is not None and based_on != before.version:
            raise MoveRefused("Somebody else has changed the protocol meanwhile; look at it again.")
        after = replace(before, segments=tuple(segments), instructions=instructions.strip())
        if after == before:
            return before
        row = {"project_key": project_key, "version": before.version + 1}
        append(connection, protocol_version, person, row | {"content": protocol_text(after)})
        detail = f"version {row['version']}, {len(segments)} segments"
        record_deed(connection, project_key, person, Action.PROTOCOL_CHANGED, detail)
        protocol = newest_protocol(connection, project_key)
        apply_to_untouched(connection, project_key, protocol, person)
        return protocol


def protocol_json(protocol: Protocol) -> str:
    """Return the segments of a protocol as JSON that `read_protocol_segments` reads."""
    return json.dumps([_row(one) for one in protocol.segments], ensure_ascii=False, indent=1)


def protocol_csv(protocol: Protocol) -> str:
    """Return the segments of a protocol as CSV that `read_protocol_segments` reads."""
    written = io.StringIO()
    table = csv.DictWriter(written, COLUMNS)
    table.writeheader()
    table.writerows(
        {name: without_formula(text) for name, text in _row(one).items()}
        for one in protocol.segments
    )
    return written.getvalue()


def _row(one: ListedLabel) -> dict[str, str]:
    category = next(name for name, code in CATEGORIES.items() if code == one.category)
    color = "#" + bytes(one.color).hex() if one.color is not None else ""
    return {
        "label": one.label,
        "code": one.type.value,
        "scheme": one.type.scheme,
        "meaning": one.type.meaning,
        "category": category,
        "side": {None: "", LEFT: "left", RIGHT: "right"}[one.modifier],
        "color": color,
        "overlap": str(one.overlap),
        "instructions": one.instructions,
    }


def _check_segments(segments: Sequence[ListedLabel]) -> None:
    if len(segments) > MOST_LABELS:
        raise StoreError(f"A protocol has at most {MOST_LABELS} segments.")
    for one in segments:
        _check_segment(one)


def _check_segment(one: ListedLabel) -> None:
    check_line(one.label, "The name of a segment", 64)
    for code in (one.category, one.type, *([one.modifier] if one.modifier else [])):
        check_line(f"{code.value}{code.scheme}{code.meaning}", "A code", 256)
    check_paragraphs(one.instructions, "Instructions", LONGEST_INSTRUCTIONS, may_be_blank=True)
    if any(text.startswith(FORMULA_BEGINNINGS) for text in _row(one).values()):
        raise StoreError("No name, code or instruction may begin like a formula, with = or @.")
