"""A store on disk with one small series and two segments."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.annotation.database import default_url
from core.annotation.store import AnnotationStore
from tests.support.stored_series import prepare


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Address of a store that does not exist yet."""
    return default_url(tmp_path)


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a prepared store, to be copied: quicker than preparing one for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    prepare(default_url(folder)).close()
    return folder


@pytest.fixture
def store(url: str, prepared_folder: Path, tmp_path: Path) -> Iterator[AnnotationStore]:
    shutil.copytree(prepared_folder, tmp_path, dirs_exist_ok=True)
    store = AnnotationStore(url)
    yield store
    store.close()
