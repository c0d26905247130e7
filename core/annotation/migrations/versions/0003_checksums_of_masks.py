"""Keep a checksum of every version of a mask, so that damage on the disk is noticed."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BATCH = 1000

_TABLE = sa.table(
    "mask_version",
    sa.column("id", sa.BigInteger),
    sa.column("series_uid", sa.String),
    sa.column("segment_number", sa.Integer),
    sa.column("slice_index", sa.Integer),
    sa.column("version", sa.Integer),
    sa.column("origin", sa.Integer),
    sa.column("state", sa.String),
    sa.column("pixels", sa.Integer),
    sa.column("runs", sa.LargeBinary),
    sa.column("checksum", sa.String),
)


def upgrade() -> None:
    """Add the column, and fill it from what stands beside it."""
    with op.batch_alter_table("mask_version") as table:
        table.add_column(sa.Column("checksum", sa.String(16)))
    _fill()
    with op.batch_alter_table("mask_version") as table:
        table.alter_column("checksum", nullable=False, existing_type=sa.String(16))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("mask_version") as table:
        table.drop_column("checksum")


def _fill() -> None:
    connection, last = op.get_bind(), 0
    query = sa.select(_TABLE).order_by(_TABLE.c.id).limit(_BATCH)
    change = (
        sa.update(_TABLE)
        .where(_TABLE.c.id == sa.bindparam("row"))
        .values(checksum=sa.bindparam("digest"))
    )
    while rows := connection.execute(query.where(_TABLE.c.id > last)).all():
        connection.execute(change, [{"row": row.id, "digest": _checksum(row)} for row in rows])
        last = rows[-1].id


def _checksum(row: "sa.Row[tuple[object, ...]]") -> str:
    """Checksum as it was defined when this migration was written."""
    values = (
        row.series_uid,
        row.segment_number,
        row.slice_index,
        row.version,
        row.origin,
        row.state,
        row.pixels,
    )
    digest = hashlib.blake2b(digest_size=8)
    digest.update("\n".join(map(str, values)).encode())
    digest.update(b"\n" + (row.runs or b""))
    return digest.hexdigest()
