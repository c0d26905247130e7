"""A project leaves as one checksummed file that an empty store and other programs can read."""

import io
import json
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from core.annotation.store import AnnotationStore
from core.annotation.table_copies import StoreCopy, restore_store
from core.home.backups import TABLES, BackupError, checked_backup
from core.home.settings import default_url
from core.projects.exporting import export_project
from core.projects.projects import create_project, project_for
from core.projects.protocols import protocol_of, read_protocol_segments, set_protocol
from core.projects.records import AccessRefused
from core.projects.work_items import add_series
from core.projects.worklist import worklist
from tests.support.projects import add, series, submitted_readings
from tests.support.stored_series import COLUMNS, ROWS, SLICES, square


@pytest.fixture
def exported(store: AnnotationStore, project_key: str, tmp_path: Path) -> Path:
    """Export of a project with two readings; another project has the same series."""
    other = create_project(store, "Not to be exported", "zoe").key
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    submitted_readings(store, project_key)
    add_series(store, other, series(1), "zoe")
    path = tmp_path / "project.zip"
    export_project(store, project_key, "ada", path)
    return path


def test_it_is_checked_like_a_backup_and_only_its_owner_reads_it(exported: Path) -> None:
    with checked_backup(exported) as backup:
        assert TABLES + "work_item" in backup.parts
    assert exported.stat().st_mode & 0o077 == 0
    damaged = bytearray(exported.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    exported.write_bytes(damaged)
    with pytest.raises(BackupError), checked_backup(exported):
        pass


def test_masks_are_there_for_other_programs(exported: Path) -> None:
    with zipfile.ZipFile(exported) as file:
        masks = np.load(io.BytesIO(file.read("masks/series-1-reading-2/segment-1.npy")))
        told = json.loads(file.read("masks/series-1-reading-2/series.json"))
    assert masks.shape == (SLICES, ROWS, COLUMNS)
    assert masks.dtype == np.bool_
    assert np.array_equal(masks[2], square(5))
    assert masks[1:4].any(axis=(1, 2)).all()
    assert not masks[[0, 4, 5]].any()
    assert (told["segments"], told["title"]) == ({"1": "Liver"}, "CT abdomen 1")


def test_it_holds_nothing_of_other_projects(exported: Path) -> None:
    with zipfile.ZipFile(exported) as file:
        everything = b"".join(file.read(name) for name in file.namelist())
    assert b"zoe" not in everything
    assert b"Not to be exported" not in everything


def test_an_empty_store_is_filled_with_it(
    store: AnnotationStore, project_key: str, exported: Path, tmp_path: Path
) -> None:
    other = AnnotationStore(default_url(tmp_path / "other"))
    with checked_backup(exported) as backup:
        tables = {
            name.removeprefix(TABLES): partial(backup.lines, name)
            for name in backup.parts
            if name.startswith(TABLES)
        }
        restore_store(other.database, StoreCopy(backup.revision, tables))
    assert project_for(other, project_key, "ada") == project_for(store, project_key, "ada")
    assert protocol_of(other, project_key, "anna") == protocol_of(store, project_key, "anna")
    lines = worklist(store, project_key, "rita")
    assert worklist(other, project_key, "rita") == lines
    for line in lines:
        key = line.item.annotation_key
        assert other.annotation(key) == store.annotation(key)
    other.close()


@pytest.mark.parametrize("person", ["anna", "rita", "eve"])
def test_only_administrators_export(
    store: AnnotationStore, project_key: str, tmp_path: Path, person: str
) -> None:
    add(store, project_key)
    with pytest.raises(AccessRefused):
        export_project(store, project_key, person, tmp_path / "project.zip")
    assert not (tmp_path / "project.zip").exists()


def test_a_file_that_exists_is_no_damage_of_the_store(
    store: AnnotationStore, project_key: str, tmp_path: Path
) -> None:
    path = tmp_path / "project.zip"
    path.touch()
    with pytest.raises(BackupError, match="exists already"):
        export_project(store, project_key, "ada", path)
