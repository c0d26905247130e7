"""Which rows of which tables belong to a project."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from core.annotation.project_schema import project, work_item
from core.annotation.schema import annotation, metadata


def annotation_keys(project_key: str) -> Select[tuple[Any]]:
    """Query for the keys of a project's annotations."""
    return select(work_item.c.annotation_key).where(work_item.c.project_key == project_key)


def rows_of_project(
    project_key: str, keys: Select[tuple[Any]] | list[str]
) -> dict[Table, ColumnElement[bool]]:
    """Condition on each table for the rows that belong to a project.

    Parameters
    ----------
    project_key : str
        The project.
    keys : sqlalchemy.Select or list of str
        Keys of its annotations, as a query or as they are.

    Returns
    -------
    dict
        By table, such that tables come before those that refer to them; without tables that belong
        to no project.
    """
    conditions: dict[Table, ColumnElement[bool]] = {}
    for table in metadata.sorted_tables:
        if table is project:
            conditions[table] = table.c.key == project_key
        elif table is annotation:
            conditions[table] = table.c.key.in_(keys)
        elif "project_key" in table.c:
            conditions[table] = table.c.project_key == project_key
        elif "annotation_key" in table.c:
            conditions[table] = table.c.annotation_key.in_(keys)
    return conditions


def lock_annotations(connection: Connection, keys: Select[tuple[Any]]) -> list[str]:
    """Keys of annotations, which nobody else changes until the transaction ends."""
    query = select(annotation.c.key).where(annotation.c.key.in_(keys)).order_by(annotation.c.key)
    return list(connection.execute(query.with_for_update()).scalars())
