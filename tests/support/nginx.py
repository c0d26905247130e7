"""An nginx for a test, with a site of deploy/."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from tests.support.app_server import ROOT
from tests.support.certificates import Certificates
from tests.support.ports import free_port

_MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def nginx_in_front(folder: Path, ports: Sequence[int]) -> AbstractContextManager[int]:
    """Run nginx in front of servers on this machine, for people.

    Parameters
    ----------
    folder : pathlib.Path
        Empty, for all its files.
    ports : sequence of int
        Of the servers.

    Returns
    -------
    context manager of int
        Port of 127.0.0.1 on which it speaks TLS.
    """
    upstream = " ".join(f"server 127.0.0.1:{one};" for one in ports)
    return _nginx(folder, "nginx.conf", "slicewise", "server 127.0.0.1:8501;", upstream)


def nginx_before_service(folder: Path, port: int) -> AbstractContextManager[int]:
    """Run nginx in front of a proposal service on this machine, as `nginx_in_front` for people."""
    here = f"127.0.0.1:{port};"
    return _nginx(folder, "nginx-service.conf", "proposals", "127.0.0.1:8600;", here)


@contextmanager
def _nginx(folder: Path, name: str, host: str, upstream: str, ports: str) -> Iterator[int]:
    """Run nginx with a file of deploy/, whose certificate, host and upstream are replaced."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert program is not None
    certificates = Certificates(folder)
    port = free_port()
    site = (ROOT / "deploy" / name).read_text()
    for text, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        (f"server_name {host}.example.org;", "server_name 127.0.0.1;"),
        (f"/etc/ssl/{host}.pem", certificates.path("server.pem")),
        (f"/etc/ssl/{host}.key", certificates.path("server.key")),
        (upstream, ports),
    ):
        assert text in site
        site = re.sub(re.escape(text), here, site)
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder))
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr, checked.stderr
    process = subprocess.Popen(command)
    while not _listens(port):
        assert process.poll() is None, (folder / "error.log").read_text()
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False
