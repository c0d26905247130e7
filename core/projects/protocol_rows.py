"""Protocols in the store, and the segments that they give annotations."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from core.annotation.project_schema import protocol_version, work_item
from core.annotation.schema import step
from core.annotation.segment_changes import append_new_segment
from core.annotation.versions import newest_segments, segment_of
from core.projects.item_rows import items_in
from core.projects.records import WorkState
from core.projects.version_rows import newest_row
from core.segments.label_lists import ListedLabel
from core.segments.overlap_rules import OverlapRule
from core.segments.segment import Code


@dataclass(frozen=True)
class Protocol:
    """What is drawn in a project, and how.

    Attributes
    ----------
    version : int
        Counted from 1; 0 where there was never one.
    segments : tuple of ListedLabel
        In the order of their numbers, from 1, with instructions for each.
    instructions : str
        For all of it; may be blank.
    person : str
        Who wrote this version; blank for version 0.
    time : datetime.datetime or None
        When, in UTC.
    """

    version: int = 0
    segments: tuple[ListedLabel, ...] = ()
    instructions: str = ""
    person: str = ""
    time: datetime | None = None


def newest_protocol(connection: Connection, project_key: str) -> Protocol:
    """Newest protocol of a project within a transaction."""
    row = newest_row(connection, protocol_version, protocol_version.c.project_key == project_key)
    return _protocol(row) if row is not None else Protocol()


def all_protocols(connection: Connection, project_key: str) -> list[Protocol]:
    """All protocols of a project within a transaction, the newest first."""
    table = protocol_version
    query = select(table).where(table.c.project_key == project_key)
    return [_protocol(row) for row in connection.execute(query.order_by(table.c.version.desc()))]


def protocol_text(protocol: Protocol) -> str:
    """JSON of the segments and instructions of a protocol, as the database keeps them."""
    segments = [asdict(one) for one in protocol.segments]
    content = {"segments": segments, "instructions": protocol.instructions}
    return json.dumps(content, ensure_ascii=False)


def apply_protocol(
    connection: Connection, annotation_key: str, protocol: Protocol, person: str
) -> None:
    """Give an annotation without a step of work the segments of a protocol, and no others.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    annotation_key : str
        Key of the annotation.
    protocol : Protocol
        Of its project.
    person : str
        Who put the series into the project, or changed the protocol.
    """
    wanted = {number: one.segment(number) for number, one in enumerate(protocol.segments, start=1)}
    present = newest_segments(connection, annotation_key)
    for number in sorted(wanted.keys() | present.keys()):
        row = present.get(number)
        version = {"version": row.version + 1 if row is not None else 1, "step_id": None}
        before = segment_of(row) if row is not None and not row.removed else None
        after = wanted.get(number)
        if after is not None and after != before:
            append_new_segment(connection, annotation_key, after, person, removed=False, **version)
        elif after is None and before is not None:
            append_new_segment(connection, annotation_key, before, person, removed=True, **version)


def apply_to_untouched(
    connection: Connection, project_key: str, protocol: Protocol, person: str
) -> None:
    """Apply a protocol to the annotations of its project that nobody has begun."""
    has_steps = exists().where(step.c.annotation_key == work_item.c.annotation_key)
    of_project = work_item.c.project_key == project_key
    for item in items_in(connection, of_project, ~has_steps):
        if item.state is WorkState.TO_DO:
            apply_protocol(connection, item.annotation_key, protocol, person)


def _protocol(row: Row[Any]) -> Protocol:
    content = json.loads(row.content)
    return Protocol(
        version=row.version,
        segments=tuple(_listed(one) for one in content["segments"]),
        instructions=content["instructions"],
        person=row.person,
        time=row.time.replace(tzinfo=UTC),
    )


def _listed(one: dict[str, Any]) -> ListedLabel:
    return ListedLabel(
        label=one["label"],
        category=Code(**one["category"]),
        type=Code(**one["type"]),
        modifier=Code(**one["modifier"]) if one["modifier"] is not None else None,
        color=tuple(one["color"]) if one["color"] is not None else None,
        overlap=OverlapRule(one["overlap"]),
        instructions=one["instructions"],
    )
