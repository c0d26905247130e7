"""Keep the networks that were adapted to other series."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; there are none yet."""
    op.create_table(
        "adapted_network",
        sa.Column(
            "annotation_key", sa.String(64), sa.ForeignKey("annotation.key"), primary_key=True
        ),
        sa.Column("base", sa.String(200), nullable=False),
        sa.Column("segments", sa.Text, nullable=False),
        sa.Column("teachers", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("time", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    """Refuse, as for every other table; networks would have to be adapted again."""
    raise NotImplementedError("Adapted networks cannot be taken back without losing them.")
