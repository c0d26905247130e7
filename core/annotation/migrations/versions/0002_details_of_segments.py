"""Keep what files say of segments, and values of codes of any length."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and lift the limit of 16 characters."""
    with op.batch_alter_table("segment_version") as table:
        table.add_column(sa.Column("details", sa.Text))
        for name in ("category_value", "type_value", "modifier_value"):
            table.alter_column(name, type_=sa.Text, existing_type=sa.String(16))


def downgrade() -> None:
    """Refuse: going back would throw details away."""
    raise NotImplementedError("Details of segments cannot be taken back without losing them.")
