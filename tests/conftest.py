"""What several parts of the test suite need: development data, and programs that are not ours.

A missing piece skips the test with a line that says how to get it. Under ``CI`` it fails instead,
so that no test goes missing unnoticed.
"""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.dicom.configuration import configure_libraries
from tests.support.postgresql import PostgreSQL, server_programs

ROOT = Path(__file__).resolve().parent.parent

configure_libraries()


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


def _program(name: str, how: str) -> str:
    # Servers lie in /usr/sbin, which is not on everybody's PATH.
    places = (str(ROOT / ".venv" / "bin"), os.environ["PATH"], "/usr/sbin")
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        _missing(f"{name} is not installed; {how}")
    return str(found)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the development data: SLICEWISE_DATA, or shared/data beside the project."""
    folder = Path(os.environ.get("SLICEWISE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        _missing(f"no development data in {folder}; set SLICEWISE_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium to drive."""
    return _program("chromium", "on Debian: sudo apt-get install chromium")


@pytest.fixture(scope="session")
def node() -> str:
    """Path of Node, which runs the tests of the editor's JavaScript."""
    return _program("node", "on Debian: sudo apt-get install nodejs")


@pytest.fixture(scope="session")
def openid_provider_program(node: str) -> list[str]:
    """Command that starts an OpenID provider, without its arguments."""
    folder = ROOT / "tests" / "support" / "node"
    if not (folder / "node_modules" / "oidc-provider").is_dir():
        _missing("the OpenID provider of the tests is not installed; install it with: make openid")
    return [node, str(folder / "openid_provider.mjs")]


@pytest.fixture(scope="session")
def ray_python() -> Path:
    """Python of the environment that the proposal service runs in."""
    python = ROOT / ".venv" / "ray" / "bin" / "python"
    if not (ROOT / ".venv" / "ray" / ".installed").exists():
        _missing("Ray is not installed; install it with: make ray")
    return python


@pytest.fixture(scope="session")
def dciodvfy() -> str:
    """Path of the DICOM validator of dicom3tools."""
    return _program("dciodvfy", "on Debian: sudo apt-get install dicom3tools")


@pytest.fixture(scope="session")
def dcm2niix() -> str:
    """Path of the converter from DICOM to NIfTI, an independent reader of series."""
    return _program("dcm2niix", "on Debian: sudo apt-get install dcm2niix")


@pytest.fixture(scope="session")
def segimage2itkimage() -> str:
    """Path of dcmqi's converter from DICOM-SEG to volumes."""
    return _program("segimage2itkimage", "install it with: pip install dcmqi")


@pytest.fixture(scope="session")
def orthanc_program() -> str:
    """Path of an Orthanc whose DICOMweb plug-in is installed, too."""
    how = "on Debian: sudo apt-get install orthanc orthanc-dicomweb"
    if not Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so").is_file():
        _missing(f"Orthanc's DICOMweb plug-in is not installed; {how}")
    return _program("Orthanc", how)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server for the tests of this run."""
    programs = server_programs()
    if programs is None:
        _missing("PostgreSQL is not installed; on Debian: sudo apt-get install postgresql")
    if importlib.util.find_spec("psycopg") is None:
        _missing("psycopg is not installed; install it with: make develop")
    server = PostgreSQL(Path(str(programs)))
    try:
        yield server.create()
    finally:
        server.remove()


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """Address of an empty database of PostgreSQL."""
    name = postgresql.new_database()
    yield postgresql.url(name)
    postgresql.drop_database(name)
