"""The series that were opened, and the slices they had when they were first annotated."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from core.annotation.database import Database, reading, writing
from core.annotation.records import StoreError
from core.annotation.schema import series


class KnownSeries(NamedTuple):
    """A series as it is recorded in the store.

    Attributes
    ----------
    uid : str
        Series Instance UID.
    rows, columns : int
        Size of every slice.
    slices : int
        Number of slices.
    """

    uid: str
    rows: int
    columns: int
    slices: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns


def record_series(
    database: Database, series_uid: str, sop_instance_uids: Sequence[str], rows: int, columns: int
) -> None:
    """Record a series, or check that it has the slices that are recorded.

    Parameters and errors are those of `core.annotation.store.AnnotationStore.open_series`.
    """
    if not sop_instance_uids or rows < 1 or columns < 1:
        raise StoreError("A series without slices or pixels cannot be annotated.")
    digest = hashlib.sha256("\n".join(sop_instance_uids).encode()).hexdigest()
    new = {
        "uid": series_uid,
        "rows": rows,
        "columns": columns,
        "slices": len(sop_instance_uids),
        "slices_digest": digest,
    }
    query = select(series).where(series.c.uid == series_uid)
    with reading(database) as connection:
        known = connection.execute(query).first()
    if known is None:
        with writing(database) as connection:
            # Another thread or process may have recorded it in between.
            with suppress(IntegrityError), connection.begin_nested():
                connection.execute(insert(series).values(new))
            known = connection.execute(query).one()
    if dict(known._mapping) != new:
        raise StoreError(
            f"This series was annotated before with {known.slices} slices of {known.rows} × "
            f"{known.columns} pixels and now has other or differently ordered ones "
            f"({len(sop_instance_uids)} of {rows} × {columns}); open the files of that time."
        )


def known_series(connection: Connection, series_uid: str, *, lock: bool = False) -> KnownSeries:
    """Series as it is recorded.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    series_uid : str
        Series Instance UID.
    lock : bool
        Whether nobody else may change the series until the transaction ends.

    Returns
    -------
    KnownSeries
        Its size.

    Raises
    ------
    StoreError
        If the series was never opened.
    """
    query = select(series).where(series.c.uid == series_uid)
    # SQLite ignores the lock on the row; there the whole transaction has the database to itself.
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise StoreError("This series is not known to the store; open it first.")
    return KnownSeries(row.uid, row.rows, row.columns, row.slices)
