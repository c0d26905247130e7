"""Keep on which slices a segment begins and ends."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "end_version",
        sa.Column("id", _RowId, nullable=False),
        sa.Column("series_uid", sa.String(64), nullable=False),
        sa.Column("segment_number", sa.Integer, nullable=False),
        sa.Column("which_end", sa.String(5), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("origin", sa.Integer, nullable=False),
        sa.Column("step_id", _RowId, nullable=False),
        sa.Column("slice_index", sa.Integer),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("time", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_end_version"),
        sa.ForeignKeyConstraint(["series_uid"], ["series.uid"], name="fk_end_version_series_uid"),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name="fk_end_version_step_id"),
        sa.UniqueConstraint(
            "series_uid",
            "segment_number",
            "which_end",
            "version",
            name="uq_end_version_series_uid_segment_number_which_end_version",
        ),
    )
    op.create_index("ix_end_version_step_id", "end_version", ["step_id"])


def downgrade() -> None:
    """Refuse: going back would throw away what people stated."""
    raise NotImplementedError("Ends of segments cannot be taken back without losing them.")
