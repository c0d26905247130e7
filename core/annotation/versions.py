"""Reading and appending versions of masks and segments within a transaction."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row

from core.annotation.checksums import check_mask, mask_checksum
from core.annotation.records import SliceAnnotation
from core.annotation.schema import mask_version, segment_version
from core.annotation.segment_details import details_of, details_text
from core.annotation.states import SliceState
from core.annotation.version_tables import append_rows, newest_rows, newest_rows_among, version_at
from core.segments.overlap_rules import OverlapRule
from core.segments.segment import Code, Segment

SliceKey = tuple[int, int]
"""Segment number and slice index."""

_MASK_PLACE = ("segment_number", "slice_index")
_CONTENT = ("state", "runs", "pixels", "expected_dice", "weights", "teachers")
_UNTOUCHED = {
    "state": SliceState.EMPTY.value,
    "runs": None,
    "pixels": 0,
    "expected_dice": None,
    "weights": None,
    "teachers": None,
}


def utc_now() -> datetime:
    """Now in UTC, without a zone, as the database keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def newest_masks(
    connection: Connection, annotation_key: str, keys: Collection[SliceKey] | None = None
) -> dict[SliceKey, Row[Any]]:
    """Newest version of each mask of an annotation.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    annotation_key : str
        Key of the annotation.
    keys : collection of (int, int), optional
        Segments and slices wanted; all by default.

    Returns
    -------
    dict
        Rows of ``mask_version`` by segment number and slice index; nothing for untouched slices.
    """
    if keys is None:
        rows = newest_rows(connection, mask_version, annotation_key, _MASK_PLACE)
    else:
        numbers, indices = ({key[axis] for key in keys} for axis in range(2))
        places = dict(zip(_MASK_PLACE, (numbers, indices), strict=True))
        rows = newest_rows_among(connection, mask_version, annotation_key, places)
    return {(row.segment_number, row.slice_index): row for row in rows}


def newest_states(connection: Connection, annotation_key: str) -> list[Row[Any]]:
    """Segment, slice, state and pixels of the newest version of each mask, which stays unread."""
    columns = (*_MASK_PLACE, "state", "pixels")
    return newest_rows(connection, mask_version, annotation_key, _MASK_PLACE, columns)


def mask_at(
    connection: Connection, annotation_key: str, key: SliceKey, version: int
) -> Row[Any] | None:
    """One version of a mask, as a row of ``mask_version``; None where there is none."""
    place = dict(zip(_MASK_PLACE, key, strict=True))
    return version_at(connection, mask_version, annotation_key, place, version).one_or_none()


def mask_content(row: Row[Any] | None) -> dict[str, Any]:
    """Columns of a mask version that undo brings back; those of an untouched slice for None.

    Raises
    ------
    StoreDamaged
        When the version is not as it was written.
    """
    if row is None:
        return dict(_UNTOUCHED)
    check_mask(row._asdict())
    return {name: getattr(row, name) for name in _CONTENT}


def append_masks(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write new versions of masks."""
    checked = ({**row, "checksum": mask_checksum(row)} for row in rows)
    append_rows(connection, mask_version, checked)


def slice_annotation(row: Row[Any], shape: tuple[int, int]) -> SliceAnnotation:
    """Annotation of a slice held by a row of ``mask_version``.

    Raises
    ------
    StoreDamaged
        When the version is not as it was written.
    """
    check_mask(row._asdict())
    return SliceAnnotation(
        segment_number=row.segment_number,
        slice_index=row.slice_index,
        shape=shape,
        state=SliceState(row.state),
        version=row.version,
        runs=row.runs,
        pixels=row.pixels,
        expected_dice=row.expected_dice,
        person=row.person,
        tool=row.tool,
        weights=row.weights,
        teachers=tuple((row.teachers or "").split()),
        time=row.time.replace(tzinfo=UTC),
    )


def newest_segments(connection: Connection, annotation_key: str) -> dict[int, Row[Any]]:
    """Newest version of each segment of an annotation by number, removed ones included."""
    rows = newest_rows(connection, segment_version, annotation_key, ["number"])
    return {row.number: row for row in rows}


def segment_at(connection: Connection, annotation_key: str, number: int, version: int) -> Row[Any]:
    """One version of a segment."""
    place = {"number": number}
    return version_at(connection, segment_version, annotation_key, place, version).one()


def append_segment(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write a new version of a segment."""
    append_rows(connection, segment_version, [row])


def segment_of(row: Row[Any]) -> Segment:
    """Segment held by a row of ``segment_version``."""
    red, green, blue = bytes.fromhex(row.color[1:])
    modifier = None
    if row.modifier_value is not None:
        modifier = Code(row.modifier_value, row.modifier_scheme, row.modifier_meaning)
    return Segment(
        number=row.number,
        label=row.label,
        color=(red, green, blue),
        category=Code(row.category_value, row.category_scheme, row.category_meaning),
        type=Code(row.type_value, row.type_scheme, row.type_meaning),
        overlap=OverlapRule(row.overlap_rule),
        type_modifier=modifier,
        details=details_of(row.details),
    )


def segment_columns(segment: Segment) -> dict[str, Any]:
    """Columns of ``segment_version`` that describe a segment."""
    modifier = segment.type_modifier
    return {
        "number": segment.number,
        "label": segment.label,
        "color": "#" + bytes(segment.color).hex(),
        "category_value": segment.category.value,
        "category_scheme": segment.category.scheme,
        "category_meaning": segment.category.meaning,
        "type_value": segment.type.value,
        "type_scheme": segment.type.scheme,
        "type_meaning": segment.type.meaning,
        "modifier_value": modifier.value if modifier else None,
        "modifier_scheme": modifier.scheme if modifier else None,
        "modifier_meaning": modifier.meaning if modifier else None,
        "overlap_rule": str(segment.overlap),
        "details": details_text(segment.details),
    }
