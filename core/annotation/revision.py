"""Which state an annotation is in, to tell later whether it has changed."""

from sqlalchemy import func, select

from core.annotation.schema import segment_version, step
from core.annotation.store import AnnotationStore


def revision(store: AnnotationStore, annotation_key: str) -> tuple[int, int]:
    """Return what differs after every change of an annotation.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.

    Returns
    -------
    tuple of int
        The newest step, undo and redo included, and the newest version of a segment, for adding
        one is no step; 0 where there is none.
    """
    with store.reading(annotation_key) as (connection, _):
        newest = [
            connection.execute(
                select(func.max(table.c.id)).where(table.c.annotation_key == annotation_key)
            ).scalar()
            for table in (step, segment_version)
        ]
    return newest[0] or 0, newest[1] or 0
