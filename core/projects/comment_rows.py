"""Comments in the store."""

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from core.annotation.project_schema import comment, comment_resolution_version
from core.projects.version_rows import newest


def resolved_ids(*conditions: ColumnElement[bool]) -> Select[tuple[int]]:
    """Query for the ids of comments that are resolved, with conditions on the resolutions."""
    rows = newest(comment_resolution_version, "comment_id").where(*conditions).subquery()
    return select(rows.c.comment_id).where(rows.c.resolved)


def open_counts(connection: Connection, *conditions: ColumnElement[bool]) -> dict[str, int]:
    """Number of comments that nobody has resolved, by key of the annotation.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    *conditions : sqlalchemy.ColumnElement
        On ``comment``.
    """
    is_open = and_(comment.c.answer_to.is_(None), comment.c.id.not_in(resolved_ids()))
    rows = connection.execute(
        select(comment.c.annotation_key, func.count())
        .where(is_open, *conditions)
        .group_by(comment.c.annotation_key)
    )
    return {row[0]: row[1] for row in rows}


def has_open_comment(connection: Connection, annotation_key: str) -> bool:
    """Whether an annotation has a comment that nobody has resolved."""
    return bool(open_counts(connection, comment.c.annotation_key == annotation_key))
