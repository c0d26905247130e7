"""Keep what drawing with a segment does to others, in place of whether it may overlap them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLE = sa.table(
    "segment_version", sa.column("exclusive", sa.Boolean), sa.column("overlap_rule", sa.String)
)


def upgrade() -> None:
    """Add the column, fill it, and drop the one that it takes the place of."""
    with op.batch_alter_table("segment_version") as table:
        table.add_column(sa.Column("overlap_rule", sa.String(8)))
    rule = sa.case((_TABLE.c.exclusive, "unlocked"), else_="allow")
    op.get_bind().execute(sa.update(_TABLE).values(overlap_rule=rule))
    with op.batch_alter_table("segment_version") as table:
        table.alter_column("overlap_rule", nullable=False, existing_type=sa.String(8))
        table.drop_column("exclusive")


def downgrade() -> None:
    """Refuse: going back would throw away that a segment overwrites all others."""
    raise NotImplementedError("Rules for overlaps cannot be taken back without losing them.")
