"""Add projects: members, protocols, work on series, comments and working times.

Annotations that exist belong to no project and stay as they are.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    _create_projects()
    _create_work_items()
    _create_comments()
    _create_working_times()


def _create_projects() -> None:
    op.create_table(
        "project",
        sa.Column("key", sa.String(64), primary_key=True),
        *_who_and_when(),
    )
    op.create_table(
        "project_version",
        sa.Column("id", _ROW_ID, primary_key=True),
        _project_key(),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("second_reading_share", sa.Float, nullable=False),
        sa.Column("retention_days", sa.Integer),
        sa.Column("archived", sa.Boolean, nullable=False),
        *_who_and_when(),
        sa.UniqueConstraint("project_key", "version"),
    )
    op.create_table(
        "member_version",
        sa.Column("id", _ROW_ID, primary_key=True),
        _project_key(),
        sa.Column("member", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("roles", sa.String(100), nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        *_who_and_when(),
        sa.UniqueConstraint("project_key", "member", "version"),
    )
    op.create_index("ix_member_version_member", "member_version", ["member"])
    op.create_table(
        "protocol_version",
        sa.Column("id", _ROW_ID, primary_key=True),
        _project_key(),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        *_who_and_when(),
        sa.UniqueConstraint("project_key", "version"),
    )


def _create_work_items() -> None:
    op.create_table(
        "work_item",
        sa.Column("annotation_key", sa.String(64), sa.ForeignKey("annotation.key")),
        _project_key(),
        sa.Column("series_uid", sa.String(64), nullable=False),
        sa.Column("reading", sa.Integer, nullable=False),
        sa.Column("opened_key", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("slice_spacing", sa.Float, nullable=False),
        sa.Column("row_spacing", sa.Float, nullable=False),
        sa.Column("column_spacing", sa.Float, nullable=False),
        *_who_and_when(),
        sa.PrimaryKeyConstraint("annotation_key"),
        sa.UniqueConstraint("project_key", "series_uid", "reading"),
        sa.UniqueConstraint("project_key", "number", "reading"),
    )
    op.create_table(
        "work_item_version",
        sa.Column("id", _ROW_ID, primary_key=True),
        _item_key(),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("assigned", sa.String(200)),
        sa.Column("reviewer", sa.String(200)),
        *_who_and_when(),
        sa.UniqueConstraint("annotation_key", "version"),
    )


def _create_comments() -> None:
    op.create_table(
        "comment",
        sa.Column("id", _ROW_ID, primary_key=True),
        _item_key(),
        sa.Column("answer_to", _ROW_ID, sa.ForeignKey("comment.id")),
        sa.Column("slice_index", sa.Integer),
        sa.Column("segment_number", sa.Integer),
        sa.Column("text", sa.Text, nullable=False),
        *_who_and_when(),
    )
    op.create_index("ix_comment_annotation_key", "comment", ["annotation_key"])
    op.create_table(
        "comment_resolution_version",
        sa.Column("id", _ROW_ID, primary_key=True),
        _item_key(),
        sa.Column("comment_id", _ROW_ID, sa.ForeignKey("comment.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("resolved", sa.Boolean, nullable=False),
        *_who_and_when(),
        sa.UniqueConstraint("comment_id", "version"),
    )
    op.create_index(
        "ix_comment_resolution_version_annotation_key",
        "comment_resolution_version",
        ["annotation_key"],
    )


def _create_working_times() -> None:
    op.create_table(
        "working_time",
        sa.Column("id", _ROW_ID, primary_key=True),
        _item_key(),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("time", sa.DateTime, nullable=False),
    )
    op.create_index("ix_working_time_annotation_key", "working_time", ["annotation_key"])
    op.create_index("ix_working_time_person_time", "working_time", ["person", "time"])


def _project_key() -> sa.Column[str]:
    return sa.Column("project_key", sa.String(64), sa.ForeignKey("project.key"), nullable=False)


def _item_key() -> sa.Column[str]:
    return sa.Column(
        "annotation_key", sa.String(64), sa.ForeignKey("work_item.annotation_key"), nullable=False
    )


def _who_and_when() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("time", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    """Refuse: going back would throw away who may do what, and who said what."""
    raise NotImplementedError("Projects cannot be taken back without losing them.")
