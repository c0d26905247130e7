"""Keep which other series proposals were made from."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nothing is known of the masks that are there."""
    op.add_column("mask_version", sa.Column("teachers", sa.Text))


def downgrade() -> None:
    """Refuse: going back would lose what exported files have to name."""
    raise NotImplementedError("Teachers of proposals cannot be taken back without losing them.")
