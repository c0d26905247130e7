"""Tables of annotations, as the newest migration leaves them.

Those of projects stand in `core.annotation.project_schema`, that of the audit log in
`core.annotation.audit_schema`; `metadata` holds all of them. All but adapted networks, which can
be made again, are append-only: a change of a mask, of a segment or of one of its ends is a new row
with the next version number, and the unique constraints let exactly one of two concurrent writers
have that number.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.annotation import audit_schema, project_schema
from core.annotation.table_metadata import RowId, metadata

__all__ = [
    "adapted_network",
    "annotation",
    "audit_schema",
    "end_version",
    "mask_version",
    "metadata",
    "project_schema",
    "segment_version",
    "step",
]

# Names from when annotations were keyed by series: SQLite could change them only by writing whole
# tables of masks anew.
_SEGMENT_VERSIONS = "uq_segment_version_series_uid_number_version"
_MASK_VERSIONS = "uq_mask_version_series_uid_segment_number_slice_index_version"
_END_VERSIONS = "uq_end_version_series_uid_segment_number_which_end_version"

# The work of one reader, or of all who share it, on one series of a project.
annotation = Table(
    "annotation",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("slices", Integer, nullable=False),
    # SHA-256 of the slices' SOP Instance UIDs in order: in another order it is another series.
    Column("slices_digest", String(64), nullable=False),
)

step = Table(
    "step",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("annotation_key", String(64), ForeignKey("annotation.key"), nullable=False),
    Column("person", String(200), nullable=False),
    Column("action", String(100), nullable=False),
    Column("kind", String(4), nullable=False),  # "do", "undo" or "redo"
    Column("time", DateTime, nullable=False),  # UTC
    # The step that an undo takes back or a redo brings back.
    Column("target", RowId, ForeignKey("step.id")),
    # The person's history as two linked lists: what undo and redo would take after this step, and
    # what lies below this step in the list that it was put on.
    Column("undo_next", RowId),
    Column("redo_next", RowId),
    Column("below", RowId),
    # Who asked, so that a message sent twice is carried out once.
    Column("client", String(64)),
    Column("sequence", BigInteger),
    Column("message_digest", String(64)),
    UniqueConstraint("client", "sequence"),
    Index(None, "annotation_key", "person", "id"),
)

segment_version = Table(
    "segment_version",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("annotation_key", String(64), ForeignKey("annotation.key"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    # The version whose content this one holds: its own, or the one that undo brought back.
    Column("origin", Integer, nullable=False),
    Column("step_id", RowId, ForeignKey("step.id"), index=True),
    Column("label", String(64), nullable=False),
    Column("color", String(7), nullable=False),  # "#rrggbb"
    Column("category_value", Text, nullable=False),
    Column("category_scheme", String(16), nullable=False),
    Column("category_meaning", String(64), nullable=False),
    Column("type_value", Text, nullable=False),
    Column("type_scheme", String(16), nullable=False),
    Column("type_meaning", String(64), nullable=False),
    Column("modifier_value", Text),
    Column("modifier_scheme", String(16)),
    Column("modifier_meaning", String(64)),
    Column("overlap_rule", String(8), nullable=False),  # of OverlapRule
    Column("details", Text),  # JSON; null where there are none
    Column("removed", Boolean, nullable=False),
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    UniqueConstraint("annotation_key", "number", "version", name=_SEGMENT_VERSIONS),
)

mask_version = Table(
    "mask_version",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("annotation_key", String(64), ForeignKey("annotation.key"), nullable=False),
    Column("segment_number", Integer, nullable=False),
    Column("slice_index", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    # The version whose content this one holds: its own, or the one that undo brought back; 0 for
    # the untouched slice.
    Column("origin", Integer, nullable=False),
    Column("step_id", RowId, ForeignKey("step.id"), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("runs", LargeBinary),  # run-length code; null for a mask without pixels
    Column("pixels", Integer, nullable=False),
    Column("expected_dice", Float),
    Column("person", String(200), nullable=False),
    Column("tool", String(100), nullable=False),
    Column("weights", String(200)),
    # Series Instance UIDs of the series that a proposal was made from, with spaces between; null
    # where it was made from the series itself.
    Column("teachers", Text),
    Column("time", DateTime, nullable=False),  # UTC
    Column("checksum", String(16), nullable=False),
    UniqueConstraint(
        "annotation_key", "segment_number", "slice_index", "version", name=_MASK_VERSIONS
    ),
)

end_version = Table(
    "end_version",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("annotation_key", String(64), ForeignKey("annotation.key"), nullable=False),
    Column("segment_number", Integer, nullable=False),
    Column("which_end", String(5), nullable=False),  # "first" or "last"
    Column("version", Integer, nullable=False),
    # The version whose content this one holds: its own, or the one that undo brought back; 0 for an
    # end that was never stated.
    Column("origin", Integer, nullable=False),
    Column("step_id", RowId, ForeignKey("step.id"), nullable=False, index=True),
    Column("slice_index", Integer),  # null where it is not stated any more
    Column("person", String(200), nullable=False),
    Column("time", DateTime, nullable=False),  # UTC
    UniqueConstraint(
        "annotation_key", "segment_number", "which_end", "version", name=_END_VERSIONS
    ),
)

# The network that was adapted last to other series for proposals on this one.
adapted_network = Table(
    "adapted_network",
    metadata,
    Column("annotation_key", String(64), ForeignKey("annotation.key"), primary_key=True),
    Column("base", String(200), nullable=False),  # name of the weights that were adapted
    Column("segments", Text, nullable=False),  # numbers of those that it learned, with spaces
    Column("teachers", Text, nullable=False),  # Series Instance UIDs, with spaces
    Column("content", LargeBinary, nullable=False),  # safetensors
    Column("time", DateTime, nullable=False),  # UTC
)
