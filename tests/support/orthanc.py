"""A real Orthanc with its DICOMweb plug-in, on free ports of this machine, for the tests."""

import json
import socket
import subprocess
import time
from pathlib import Path

import requests

from tests.support.ports import free_ports

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
AE_TITLE = "ARCHIVE"
_STARTS_WITHIN_S = 60


class Orthanc:
    """An Orthanc with storage of its own; its ports stay the same when it is started again."""

    def __init__(self, program: str, folder: Path, **settings: object) -> None:
        self.program = program
        self.folder = folder
        self.http_port, self.dicom_port = free_ports(2)
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/dicom-web"

    def start(self) -> "Orthanc":
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = {
            "Name": "Test",
            "StorageDirectory": str(self.folder / "storage"),
            "IndexDirectory": str(self.folder / "storage"),
            "Plugins": [str(PLUGIN)],
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "DicomAet": AE_TITLE,
            "DicomAlwaysAllowStore": True,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "HttpServerEnabled": True,
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            **self.settings,
        }
        path = self.folder / "configuration.json"
        path.write_text(json.dumps(configuration))
        log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen([self.program, path], stdout=log, stderr=log)
        log.close()
        self._wait()
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _wait(self) -> None:
        ends = time.monotonic() + _STARTS_WITHIN_S
        while time.monotonic() < ends:
            if self.process is None or self.process.poll() is not None:
                break
            with socket.socket() as probe:
                # The HTTP server starts last, when plug-ins and DICOM are ready.
                if probe.connect_ex(("127.0.0.1", self.http_port)) == 0 and self._answers():
                    return
            time.sleep(0.05)
        raise RuntimeError(f"Orthanc did not start:\n{(self.folder / 'log').read_text()}")

    def _answers(self) -> bool:
        try:
            requests.get(f"http://127.0.0.1:{self.http_port}/system", timeout=5)
        except requests.RequestException:
            return False
        return True


def write_archive(home: Path, url: str, more: str = "") -> Path:
    """Write archive.toml."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "archive.toml"
    path.write_text(f'url = "{url}"\ntimeout_s = 20\n{more}')
    path.chmod(0o600)
    return path


def fill(server: Orthanc, shared_data: Path) -> None:
    """Give the archive two real series."""
    for name in ("dcmqi_ct3slice", "nd320_study1_t1post"):
        give(server, shared_data / "dicom" / name)


def give(server: Orthanc, folder: Path) -> None:
    """Give the archive the files of a folder, by Orthanc's own interface."""
    for path in sorted(folder.iterdir()):
        answer = requests.post(
            f"http://127.0.0.1:{server.http_port}/instances", data=path.read_bytes(), timeout=60
        )
        answer.raise_for_status()
