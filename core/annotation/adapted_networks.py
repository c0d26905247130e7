"""The network that was adapted to other series for proposals on one, kept with its annotation.

Segments are counted from 1.
"""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from core.annotation.schema import adapted_network
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_teachers, check_weights
from core.annotation.versions import utc_now


@dataclass(frozen=True)
class KeptNetwork:
    """An adapted network.

    Attributes
    ----------
    base : str
        Name of the weights that were adapted.
    segments : tuple of int
        Numbers of the segments that it learned.
    teachers : tuple of str
        Series Instance UIDs of the series that it was adapted to.
    content : bytes
        Its parameters: a safetensors file.
    """

    base: str
    segments: tuple[int, ...]
    teachers: tuple[str, ...]
    content: bytes


def keep_network(store: AnnotationStore, annotation_key: str, network: KeptNetwork) -> None:
    """Keep an adapted network in the place of an earlier one.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    network : KeptNetwork
        What to keep.

    Raises
    ------
    StoreError
        If there is no such annotation, or a name does not fit.
    """
    check_weights(network.base)
    check_teachers(network.teachers)
    with store.changing(annotation_key) as (connection, _):
        of_annotation = adapted_network.c.annotation_key == annotation_key
        connection.execute(delete(adapted_network).where(of_annotation))
        connection.execute(
            insert(adapted_network).values(
                annotation_key=annotation_key,
                base=network.base,
                segments=" ".join(map(str, network.segments)),
                teachers=" ".join(network.teachers),
                content=network.content,
                time=utc_now(),
            )
        )


def kept_network(store: AnnotationStore, annotation_key: str) -> KeptNetwork | None:
    """Return the network that was adapted last; None without one.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    """
    with store.reading(annotation_key) as (connection, _):
        row = connection.execute(
            select(adapted_network).where(adapted_network.c.annotation_key == annotation_key)
        ).one_or_none()
    if row is None:
        return None
    return KeptNetwork(
        row.base, tuple(map(int, row.segments.split())), tuple(row.teachers.split()), row.content
    )
