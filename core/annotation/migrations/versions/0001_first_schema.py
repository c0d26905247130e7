"""Create series, steps, and the versions of segments and masks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "series",
        sa.Column("uid", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("columns", sa.Integer, nullable=False),
        sa.Column("slices", sa.Integer, nullable=False),
        sa.Column("slices_digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_series"),
    )
    op.create_table(
        "step",
        sa.Column("id", _RowId, nullable=False),
        sa.Column("series_uid", sa.String(64), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("action", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(4), nullable=False),
        sa.Column("time", sa.DateTime, nullable=False),
        sa.Column("target", _RowId),
        sa.Column("undo_next", _RowId),
        sa.Column("redo_next", _RowId),
        sa.Column("below", _RowId),
        sa.Column("client", sa.String(64)),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("message_digest", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_step"),
        sa.ForeignKeyConstraint(["series_uid"], ["series.uid"], name="fk_step_series_uid"),
        sa.ForeignKeyConstraint(["target"], ["step.id"], name="fk_step_target"),
        sa.UniqueConstraint("client", "sequence", name="uq_step_client_sequence"),
    )
    op.create_index("ix_step_series_uid_person_id", "step", ["series_uid", "person", "id"])
    op.create_table(
        "segment_version",
        sa.Column("id", _RowId, nullable=False),
        sa.Column("series_uid", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("origin", sa.Integer, nullable=False),
        sa.Column("step_id", _RowId),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("color", sa.String(7), nullable=False),
        sa.Column("category_value", sa.String(16), nullable=False),
        sa.Column("category_scheme", sa.String(16), nullable=False),
        sa.Column("category_meaning", sa.String(64), nullable=False),
        sa.Column("type_value", sa.String(16), nullable=False),
        sa.Column("type_scheme", sa.String(16), nullable=False),
        sa.Column("type_meaning", sa.String(64), nullable=False),
        sa.Column("modifier_value", sa.String(16)),
        sa.Column("modifier_scheme", sa.String(16)),
        sa.Column("modifier_meaning", sa.String(64)),
        sa.Column("exclusive", sa.Boolean, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("time", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_segment_version"),
        sa.ForeignKeyConstraint(
            ["series_uid"], ["series.uid"], name="fk_segment_version_series_uid"
        ),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name="fk_segment_version_step_id"),
        sa.UniqueConstraint(
            "series_uid",
            "number",
            "version",
            name="uq_segment_version_series_uid_number_version",
        ),
    )
    op.create_index("ix_segment_version_step_id", "segment_version", ["step_id"])
    op.create_table(
        "mask_version",
        sa.Column("id", _RowId, nullable=False),
        sa.Column("series_uid", sa.String(64), nullable=False),
        sa.Column("segment_number", sa.Integer, nullable=False),
        sa.Column("slice_index", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("origin", sa.Integer, nullable=False),
        sa.Column("step_id", _RowId, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("runs", sa.LargeBinary),
        sa.Column("pixels", sa.Integer, nullable=False),
        sa.Column("expected_dice", sa.Float),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("tool", sa.String(100), nullable=False),
        sa.Column("weights", sa.String(200)),
        sa.Column("time", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mask_version"),
        sa.ForeignKeyConstraint(["series_uid"], ["series.uid"], name="fk_mask_version_series_uid"),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name="fk_mask_version_step_id"),
        sa.UniqueConstraint(
            "series_uid",
            "segment_number",
            "slice_index",
            "version",
            name="uq_mask_version_series_uid_segment_number_slice_index_version",
        ),
    )
    op.create_index("ix_mask_version_step_id", "mask_version", ["step_id"])


def downgrade() -> None:
    """Refuse: going back would throw drawings away."""
    raise NotImplementedError("The first schema cannot be taken back without losing annotations.")
