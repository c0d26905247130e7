"""The annotations that were opened, and the slices that their series had then."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from core.annotation.database import Database, reading, writing
from core.annotation.records import StoreError
from core.annotation.schema import annotation


class KnownAnnotation(NamedTuple):
    """An annotation as it is recorded in the store.

    Attributes
    ----------
    key : str
        Names it.
    rows, columns : int
        Size of every slice.
    slices : int
        Number of slices.
    """

    key: str
    rows: int
    columns: int
    slices: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns


def annotation_row(
    annotation_key: str, sop_instance_uids: Sequence[str], rows: int, columns: int
) -> dict[str, Any]:
    """Columns of ``annotation`` for a series.

    Raises
    ------
    StoreError
        If the series has no pixels.
    """
    if not sop_instance_uids or rows < 1 or columns < 1:
        raise StoreError("A series without slices or pixels cannot be annotated.")
    return {
        "key": annotation_key,
        "rows": rows,
        "columns": columns,
        "slices": len(sop_instance_uids),
        "slices_digest": hashlib.sha256("\n".join(sop_instance_uids).encode()).hexdigest(),
    }


def record_annotation(
    database: Database,
    annotation_key: str,
    sop_instance_uids: Sequence[str],
    rows: int,
    columns: int,
) -> None:
    """Record an annotation, or check that its series has the slices that are recorded.

    Parameters and errors are those of `core.annotation.store.AnnotationStore.open_annotation`.
    """
    new = annotation_row(annotation_key, sop_instance_uids, rows, columns)
    query = select(annotation).where(annotation.c.key == annotation_key)
    with reading(database) as connection:
        known = connection.execute(query).first()
    if known is None:
        with writing(database) as connection:
            # Another thread or process may have recorded it in between.
            with suppress(IntegrityError), connection.begin_nested():
                connection.execute(insert(annotation).values(new))
            known = connection.execute(query).one()
    if dict(known._mapping) != new:
        raise StoreError(
            f"This series was annotated before with {known.slices} slices of {known.rows} × "
            f"{known.columns} pixels and now has other or differently ordered ones "
            f"({len(sop_instance_uids)} of {rows} × {columns}); open the files of that time."
        )


def known_annotation(
    connection: Connection, annotation_key: str, *, lock: bool = False
) -> KnownAnnotation:
    """Annotation as it is recorded.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    annotation_key : str
        Key of the annotation.
    lock : bool
        Whether nobody else may change the annotation until the transaction ends.

    Returns
    -------
    KnownAnnotation
        With its size.

    Raises
    ------
    StoreError
        If the annotation was never opened.
    """
    query = select(annotation).where(annotation.c.key == annotation_key)
    # SQLite ignores the lock on the row; there the whole transaction has the database to itself.
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise StoreError("This series is not known to the store; open it first.")
    return KnownAnnotation(row.key, row.rows, row.columns, row.slices)
