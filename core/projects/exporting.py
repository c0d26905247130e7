"""A project with everything in it, as one checksummed file."""

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, text

from core.annotation.database import writing
from core.annotation.opened_annotations import known_annotation
from core.annotation.project_schema import work_item
from core.annotation.store import AnnotationStore
from core.annotation.table_copies import reading_one_state, table_lines
from core.annotation.versions import newest_masks, newest_segments, segment_of, slice_annotation
from core.audit.entries import Action
from core.home.backups import MASKS, TABLES, write_backup
from core.home.whole_files import removed_on_failure
from core.projects.access import require
from core.projects.deeds import record_deed
from core.projects.item_rows import items_in
from core.projects.project_rows import annotation_keys, rows_of_project
from core.projects.records import Role, WorkItem


def export_project(store: AnnotationStore, project_key: str, person: str, path: Path) -> None:
    """Write all rows of a project, with their history, and its newest masks into one zip file.

    The file can be restored into an empty store like a backup. It has checksums as a backup has.
    Beside the tables it holds each segment of each reading as ``.npy``, bool
    [slices, rows, columns], for other programs.

    Parameters
    ----------
    store : AnnotationStore
        Where from; people go on working meanwhile.
    project_key : str
        The project.
    person : str
        An administrator of it.
    path : pathlib.Path
        The file, which must not exist.

    Raises
    ------
    AccessRefused
        If the person does not administer the project, or there is none.
    BackupError, WriteError
        If the file exists or cannot be written.
    """
    with reading_one_state(store.database) as connection:
        require(connection, project_key, person, Role.ADMINISTER)
    export_whole_project(store, project_key, person, path)


def export_whole_project(store: AnnotationStore, project_key: str, person: str, path: Path) -> None:
    """Write a project that exists as `export_project` does, for whoever runs the server."""
    with reading_one_state(store.database) as connection:
        _write(connection, project_key, path)
    # What could not be written was not exported, and what cannot be recorded does not stay.
    with removed_on_failure([path]), writing(store.database) as connection:
        record_deed(connection, project_key, person, Action.PROJECT_EXPORTED)


def _write(connection: Connection, project_key: str, path: Path) -> None:
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    write_backup(path, str(revision), _parts(connection, project_key))


def _parts(connection: Connection, project_key: str) -> Iterator[tuple[str, Iterable[bytes]]]:
    conditions = rows_of_project(project_key, annotation_keys(project_key))
    for table, condition in conditions.items():
        yield TABLES + table.name, table_lines(connection, table, condition)
    for item in items_in(connection, work_item.c.project_key == project_key):
        folder = f"{MASKS}series-{item.number}-reading-{item.reading}/"
        segments = {
            number: segment_of(row)
            for number, row in newest_segments(connection, item.annotation_key).items()
            if not row.removed
        }
        names = {number: one.label for number, one in segments.items()}
        description = {"series_uid": item.series_uid, "title": item.title, "segments": names}
        yield folder + "series.json", [json.dumps(description, ensure_ascii=False).encode()]
        for number in segments:
            yield f"{folder}segment-{number}.npy", _mask_pieces(connection, item, number)


def _mask_pieces(connection: Connection, item: WorkItem, number: int) -> Iterator[bytes]:
    """One segment in the format of NumPy, slice by slice."""
    known = known_annotation(connection, item.annotation_key)
    newest = newest_masks(connection, item.annotation_key)
    header = io.BytesIO()
    shape = (known.slices, *known.shape)
    kind = {"descr": "|b1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, kind)
    yield header.getvalue()
    nothing = np.zeros(known.shape, dtype=np.bool_)
    for index in range(known.slices):
        row = newest.get((number, index))
        mask = slice_annotation(row, known.shape).mask if row is not None else nothing
        yield mask.tobytes()
