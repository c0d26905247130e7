"""Which state an annotation is in, to tell later whether it has changed."""

from sqlalchemy import func, select

from core.annotation.schema import segment_version, step
from core.annotation.store import AnnotationStore


def revision(store: AnnotationStore, series_uid: str) -> tuple[int, int]:
    """Return what differs after every change of an annotation.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    series_uid : str
        Series Instance UID.

    Returns
    -------
    tuple of int
        The newest step, undo and redo included, and the newest version of a segment, for adding
        one is no step; 0 where there is none.
    """
    with store.reading(series_uid) as (connection, _):
        newest = [
            connection.execute(
                select(func.max(table.c.id)).where(table.c.series_uid == series_uid)
            ).scalar()
            for table in (step, segment_version)
        ]
    return newest[0] or 0, newest[1] or 0
