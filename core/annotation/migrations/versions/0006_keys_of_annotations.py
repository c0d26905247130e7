"""Key everything by annotation, so that a series can be annotated more than once.

Every series becomes an annotation whose key is the series' UID. Tables and columns are renamed
where they are: no mask is written anew, and the names of unique constraints stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEYED = ("step", "segment_version", "mask_version", "end_version")


def upgrade() -> None:
    """Rename the table, its key, and the columns that refer to it."""
    op.drop_index("ix_step_series_uid_person_id", "step")
    op.rename_table("series", "annotation")
    _rename_column("annotation", "uid", "key")
    for table in _KEYED:
        _rename_column(table, "series_uid", "annotation_key")
    op.create_index("ix_step_annotation_key_person_id", "step", ["annotation_key", "person", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("ALTER INDEX pk_series RENAME TO pk_annotation"))
        for table in _KEYED:
            before, after = f"fk_{table}_series_uid", f"fk_{table}_annotation_key"
            op.execute(sa.text(f"ALTER TABLE {table} RENAME CONSTRAINT {before} TO {after}"))


def downgrade() -> None:
    """Refuse: a series that was annotated twice has no place in the tables of before."""
    raise NotImplementedError("Keys of annotations cannot be taken back without losing some.")


def _rename_column(table: str, before: str, after: str) -> None:
    """Rename where the column stands; Alembic's batches would copy the table on SQLite."""
    op.execute(sa.text(f"ALTER TABLE {table} RENAME COLUMN {before} TO {after}"))
