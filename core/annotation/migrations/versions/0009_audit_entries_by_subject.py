"""Have entries of the audit log found by what they are about."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; no row changes."""
    op.create_index("ix_audit_entry_subject_id", "audit_entry", ["subject", "id"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_audit_entry_subject_id", "audit_entry")
