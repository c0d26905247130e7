"""Tables of projects: members, protocols, work on series, comments and working times.

All are append-only, as those of annotations are: a change is a new row with the next version
number. They are written by `core.projects` alone, and lie here because one database has one
history of migrations.
"""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.annotation.table_metadata import RowId, metadata

project = Table(
    "project",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
)

project_version = Table(
    "project_version",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("project_key", String(64), ForeignKey("project.key"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String(100), nullable=False),
    Column("second_reading_share", Float, nullable=False),  # 0 to 1
    Column("retention_days", Integer),  # null where it is kept until somebody deletes it
    Column("archived", Boolean, nullable=False),
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    UniqueConstraint("project_key", "version"),
)

member_version = Table(
    "member_version",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("project_key", String(64), ForeignKey("project.key"), nullable=False),
    Column("member", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("roles", String(100), nullable=False),  # sorted, with commas between
    Column("removed", Boolean, nullable=False),
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    UniqueConstraint("project_key", "member", "version"),
    Index(None, "member"),
)

protocol_version = Table(
    "protocol_version",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("project_key", String(64), ForeignKey("project.key"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),  # JSON of core.projects.protocols
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    UniqueConstraint("project_key", "version"),
)

# One reading of one series of a project: what somebody is to annotate.
work_item = Table(
    "work_item",
    metadata,
    Column("annotation_key", String(64), ForeignKey("annotation.key"), primary_key=True),
    Column("project_key", String(64), ForeignKey("project.key"), nullable=False),
    Column("series_uid", String(64), nullable=False),
    Column("reading", Integer, nullable=False),  # 1, 2, or 3 for the adjudicated one
    Column("opened_key", String(64), nullable=False),  # of core.home.opened_series
    Column("number", Integer, nullable=False),  # of the series in its project, from 1
    Column("title", String(200), nullable=False),
    # Millimetres between slices, rows and columns, for distances and volumes.
    Column("slice_spacing", Float, nullable=False),
    Column("row_spacing", Float, nullable=False),
    Column("column_spacing", Float, nullable=False),
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    UniqueConstraint("project_key", "series_uid", "reading"),
    UniqueConstraint("project_key", "number", "reading"),
)

work_item_version = Table(
    "work_item_version",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("annotation_key", String(64), ForeignKey("work_item.annotation_key"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # of WorkState
    Column("priority", Integer, nullable=False),
    Column("assigned", String(200)),  # who is to annotate, or has
    Column("reviewer", String(200)),  # who is to review, or has
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    UniqueConstraint("annotation_key", "version"),
)

comment = Table(
    "comment",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("annotation_key", String(64), ForeignKey("work_item.annotation_key"), nullable=False),
    Column("answer_to", RowId, ForeignKey("comment.id")),
    Column("slice_index", Integer),
    Column("segment_number", Integer),
    Column("text", Text, nullable=False),
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    Index(None, "annotation_key"),
)

comment_resolution_version = Table(
    "comment_resolution_version",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("annotation_key", String(64), ForeignKey("work_item.annotation_key"), nullable=False),
    Column("comment_id", RowId, ForeignKey("comment.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("resolved", Boolean, nullable=False),
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    UniqueConstraint("comment_id", "version"),
    Index(None, "annotation_key"),
)

# Seconds of activity since the person's report before this one.
working_time = Table(
    "working_time",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("annotation_key", String(64), ForeignKey("work_item.annotation_key"), nullable=False),
    Column("person", String(200), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    Index(None, "annotation_key"),
    Index(None, "person", "time"),
)
