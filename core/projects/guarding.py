"""The store as one person may use it: every read and every write asks for the person's roles."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from core.annotation.project_schema import (
    member_version,
    project,
    project_version,
    work_item,
    work_item_version,
)
from core.annotation.store import AnnotationStore
from core.projects.visibility import belongs_to_project, editable_item, visible_item


def store_for(store: AnnotationStore, person: str) -> AnnotationStore:
    """Return a store in which a person reads and changes only what the person may.

    Roles are read in the transaction that they decide about, so that one that was taken away is
    gone at the next read. Annotations outside projects are everybody's.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    person : str
        Who uses it. What it refuses raises `AccessRefused` or `MoveRefused`.
    """
    return store.guarded(_PersonGuard(person))


@dataclass(eq=False)
class _PersonGuard:
    """Decides for one person; a decision holds until any row is written that might change it."""

    person: str
    _granted: dict[tuple[str, str], Any] = field(default_factory=dict)

    def before_reading(self, connection: Connection, annotation_key: str) -> None:
        if belongs_to_project(annotation_key):
            self._ask(connection, "read", annotation_key, visible_item)

    def before_changing(self, connection: Connection, annotation_key: str) -> None:
        if not belongs_to_project(annotation_key):
            return
        # Until the change is stored, nobody takes roles away, and nobody hands the reading in.
        of_item = select(work_item.c.project_key).where(
            work_item.c.annotation_key == annotation_key
        )
        connection.execute(
            select(project.c.key)
            .where(project.c.key == of_item.scalar_subquery())
            .with_for_update(read=True)
        )
        self._ask(connection, "change", annotation_key, editable_item)

    def _ask(
        self,
        connection: Connection,
        what: str,
        annotation_key: str,
        decide: Callable[[Connection, str, str], object],
    ) -> None:
        newest = tuple(connection.execute(_deciding_rows(), {"key": annotation_key}).one())
        if self._granted.get((what, annotation_key)) != newest:
            decide(connection, annotation_key, self.person)
            self._granted[what, annotation_key] = newest


@cache
def _deciding_rows() -> Select[Any]:
    """Query for what differs after every row that decides who sees and changes an annotation.

    The numbers of rows as well: of two that are written at a time, the one with the smaller id may
    be there last.
    """
    own = work_item.alias("own")
    item = select(own.c.project_key, own.c.series_uid).where(
        own.c.annotation_key == bindparam("key")
    )
    of_project, of_series = item.subquery(), item.subquery()
    readings = select(work_item.c.annotation_key).join(
        of_series,
        (work_item.c.project_key == of_series.c.project_key)
        & (work_item.c.series_uid == of_series.c.series_uid),
    )
    project_key = select(of_project.c.project_key).scalar_subquery()
    deciding = (
        (member_version, member_version.c.project_key == project_key),
        (project_version, project_version.c.project_key == project_key),
        (work_item_version, work_item_version.c.annotation_key.in_(readings)),
    )
    return select(
        *(
            select(function(table.c.id)).where(condition).scalar_subquery()
            for table, condition in deciding
            for function in (func.max, func.count)
        )
    )
