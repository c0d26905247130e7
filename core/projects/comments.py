"""Comments on annotations of projects: pinned to a slice, answered and resolved."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from core.annotation.database import reading
from core.annotation.opened_annotations import known_annotation
from core.annotation.project_schema import comment, comment_resolution_version
from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_paragraphs
from core.annotation.versions import newest_segments
from core.projects.access import changing_project, project_of
from core.projects.comment_rows import resolved_ids
from core.projects.version_rows import append, newest_row
from core.projects.visibility import visible_item

LONGEST_COMMENT = 4000


@dataclass(frozen=True)
class Answer:
    """An answer to a comment.

    Attributes
    ----------
    id : int
        Names it.
    text : str
        What was said.
    person : str
        Who said it.
    time : datetime.datetime
        When, in UTC.
    """

    id: int
    text: str
    person: str
    time: datetime


@dataclass(frozen=True)
class Comment:
    """A comment with its answers.

    Attributes
    ----------
    id : int
        Names it.
    slice_index : int or None
        Slice that it is pinned to, from 0; None for the whole series.
    segment_number : int or None
        Segment that it is about; None for all.
    text : str
        What was said.
    person : str
        Who said it.
    time : datetime.datetime
        When, in UTC.
    resolved : bool
        Whether somebody has settled it.
    answers : tuple of Answer
        In the order of time.
    """

    id: int
    slice_index: int | None
    segment_number: int | None
    text: str
    person: str
    time: datetime
    resolved: bool
    answers: tuple[Answer, ...]


def comments_on(store: AnnotationStore, annotation_key: str, person: str) -> list[Comment]:
    """Comments on an annotation, for a person who may see it.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    person : str
        Who asks.

    Returns
    -------
    list of Comment
        In the order of time.

    Raises
    ------
    AccessRefused
        If the person may not see the annotation, or there is none.
    """
    with reading(store.database) as connection:
        visible_item(connection, annotation_key, person)
        rows = connection.execute(
            select(comment).where(comment.c.annotation_key == annotation_key).order_by(comment.c.id)
        ).all()
        settled = comment_resolution_version.c.annotation_key == annotation_key
        resolved = set(connection.execute(resolved_ids(settled)).scalars())
    answers: dict[int, list[Answer]] = {}
    for row in rows:
        if row.answer_to is not None:
            answers.setdefault(row.answer_to, []).append(_answer(row))
    return [
        _comment(row, row.id in resolved, tuple(answers.get(row.id, ())))
        for row in rows
        if row.answer_to is None
    ]


def add_comment(
    store: AnnotationStore,
    annotation_key: str,
    text: str,
    person: str,
    *,
    slice_index: int | None = None,
    segment_number: int | None = None,
    answer_to: int | None = None,
) -> int:
    """Comment on an annotation, or answer a comment.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    text : str
        At most 4000 characters.
    person : str
        A member who may see the annotation.
    slice_index : int, optional
        Slice to pin it to, from 0.
    segment_number : int, optional
        Segment that it is about.
    answer_to : int, optional
        Id of a comment on the same annotation; an answer is where that is.

    Returns
    -------
    int
        Its id.

    Raises
    ------
    AccessRefused
        If the person may not see the annotation, or there is none.
    StoreError
        If the text cannot be stored, or there is no such slice, segment or comment.
    """
    check_paragraphs(text, "A comment", LONGEST_COMMENT)
    with changing_project(store, project_of(store, annotation_key), person) as (connection, _):
        visible_item(connection, annotation_key, person)
        known = known_annotation(connection, annotation_key)
        if slice_index is not None and not 0 <= slice_index < known.slices:
            raise StoreError("This series has no such slice; choose another one.")
        if segment_number is not None and segment_number not in newest_segments(
            connection, annotation_key
        ):
            raise StoreError("This series has no such segment; choose another one.")
        if answer_to is not None:
            _check_thread(connection, annotation_key, answer_to)
            slice_index = segment_number = None
        row = {
            "annotation_key": annotation_key,
            "answer_to": answer_to,
            "slice_index": slice_index,
            "segment_number": segment_number,
            "text": text.strip(),
        }
        return append(connection, comment, person, row)


def resolve_comment(
    store: AnnotationStore,
    annotation_key: str,
    comment_id: int,
    person: str,
    *,
    resolved: bool = True,
) -> None:
    """Mark a comment as settled, or as open again.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    comment_id : int
        The comment; no answer.
    person : str
        A member who may see the annotation.
    resolved : bool
        Whether it is settled.

    Raises
    ------
    AccessRefused
        If the person may not see the annotation, or there is none.
    StoreError
        If there is no such comment on it.
    """
    with changing_project(store, project_of(store, annotation_key), person) as (connection, _):
        visible_item(connection, annotation_key, person)
        _check_thread(connection, annotation_key, comment_id)
        table = comment_resolution_version
        row = newest_row(connection, table, table.c.comment_id == comment_id)
        if resolved == (row is not None and row.resolved):
            return
        values = {
            "annotation_key": annotation_key,
            "comment_id": comment_id,
            "version": row.version + 1 if row is not None else 1,
            "resolved": resolved,
        }
        append(connection, table, person, values)


def _check_thread(connection: Connection, annotation_key: str, comment_id: int) -> None:
    """Refuse what is no comment on this annotation, or an answer itself."""
    found = connection.execute(
        select(comment.c.id).where(
            comment.c.id == comment_id,
            comment.c.annotation_key == annotation_key,
            comment.c.answer_to.is_(None),
        )
    ).first()
    if found is None:
        raise StoreError("There is no such comment on this series; load the page again.")


def _answer(row: Row[Any]) -> Answer:
    return Answer(row.id, row.text, row.person, row.time.replace(tzinfo=UTC))


def _comment(row: Row[Any], resolved: bool, answers: tuple[Answer, ...]) -> Comment:
    return Comment(
        id=row.id,
        slice_index=row.slice_index,
        segment_number=row.segment_number,
        text=row.text,
        person=row.person,
        time=row.time.replace(tzinfo=UTC),
        resolved=resolved,
        answers=answers,
    )
