"""Certificates for tests of encrypted connections."""

import shutil
import subprocess
from pathlib import Path


class Certificates:
    """A throw-away authority with a certificate for the server and one for the client."""

    def __init__(self, folder: Path) -> None:
        openssl = shutil.which("openssl")
        assert openssl is not None, "Debian's base system has openssl"
        self.folder, self._openssl = folder, openssl
        self._run(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test"),
            *("-keyout", "authority.key", "-out", "authority.pem"),
        )
        for name in ("server", "client"):
            self._run(
                *("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"),
                *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
            )
            (folder / "extensions").write_text("subjectAltName=IP:127.0.0.1\n")
            self._run(
                *("x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CAcreateserial"),
                *("-CA", "authority.pem", "-CAkey", "authority.key"),
                *("-extfile", "extensions", "-out", f"{name}.pem"),
            )

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [self._openssl, *arguments], cwd=self.folder, check=True, capture_output=True
        )
