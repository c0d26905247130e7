"""An Orthanc that holds two real series, and the settings that lead to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.dicom.reading import find_series
from core.pacs.settings import Archive
from tests.support.orthanc import Orthanc, fill


@pytest.fixture(scope="module")
def orthanc(
    orthanc_program: str, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Orthanc]:
    """A running Orthanc with a CT series of 3 and an MR series of 22 images.

    Each module has one of its own: what one stores would be found by the searches of another.
    """
    server = Orthanc(orthanc_program, tmp_path_factory.mktemp("orthanc"))
    try:
        fill(server.start(), shared_data)
        yield server
    finally:
        server.stop()


@pytest.fixture
def archive(orthanc: Orthanc) -> Archive:
    """Settings of an archive that is open to everybody on this machine."""
    return Archive(url=orthanc.url, timeout_s=20)


@pytest.fixture(scope="session")
def mr_uids(shared_data: Path) -> tuple[str, str]:
    """Study and series of the MR series."""
    (summary,) = find_series(shared_data / "dicom" / "nd320_study1_t1post")
    return summary.study_uid, summary.series_instance_uid
