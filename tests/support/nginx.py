"""An nginx for a test, with the site of deploy/."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.app_server import ROOT, free_port
from tests.support.certificates import Certificates

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


@contextmanager
def nginx_in_front(folder: Path, ports: Sequence[int]) -> Iterator[int]:
    """Run nginx in front of servers on this machine.

    Parameters
    ----------
    folder : pathlib.Path
        Empty, for all its files.
    ports : sequence of int
        Of the servers.

    Yields
    ------
    int
        Port of 127.0.0.1 on which it speaks TLS.
    """
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert program is not None
    certificates = Certificates(folder)
    port = free_port()
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    for text, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("server_name slicewise.example.org;", "server_name 127.0.0.1;"),
        ("/etc/ssl/slicewise.pem", certificates.path("server.pem")),
        ("/etc/ssl/slicewise.key", certificates.path("server.key")),
        ("server 127.0.0.1:8501;", " ".join(f"server 127.0.0.1:{one};" for one in ports)),
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
    while not (folder / "nginx.pid").exists():
        assert process.poll() is None, (folder / "error.log").read_text()
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait()
