"""A real proposal service for tests, and a gate in front of it that can be shut."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.support.app_server import ROOT
from tests.support.ports import free_port

TOKEN = "a secret of the proposal service"
_REPLICA = b"ray::ServeReplica:default:Replica"
_STARTS_WITHIN_S = 300.0
_SCRIPT = "tests.support.ray_service"

LEASE_S = 20.0
"""Of clients of the service: short, so that tests need not wait long for its end."""


class RunningService:
    """A service of one's own, which can be stopped and started again.

    Parameters
    ----------
    python : Path
        Of the environment that has Ray.
    home : Path
        For its files.
    """

    def __init__(self, python: Path, home: Path) -> None:
        self._python = python
        self._home = home
        self._port = free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it with two replicas, and wait until it answers."""
        environment = os.environ | {
            "SLICEWISE_PROPOSALS_TOKEN": TOKEN,
            "SLICEWISE_HOME": str(self._home),
            "PYTHONPATH": str(ROOT),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": TOKEN.replace(" ", "-"),
            "RAY_USAGE_STATS_ENABLED": "0",
            "OMP_NUM_THREADS": "1",
        }
        log = self._home / "service.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(self._python), "-m", _SCRIPT, str(self._port), "2", str(LEASE_S)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        giving_up = threading.Timer(_STARTS_WITHIN_S, self.kill)
        giving_up.start()
        try:
            assert self._process.stdout is not None
            started = any(line == "ready\n" for line in self._process.stdout)
        finally:
            giving_up.cancel()
        assert started, log.read_text()[-3000:]

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def kill(self) -> None:
        """End all of its processes at once, in the middle of whatever they do."""
        if self._process is not None:
            for pid in [*self._descendants(), self._process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()

    def figures(self) -> dict[str, int]:
        """What it counts."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx.get(f"{self.address}/v1/figures", headers=headers, timeout=30)
        counted: dict[str, int] = answer.raise_for_status().json()
        return counted

    def kill_replica_at_work(self) -> int:
        """Kill the replica that has used the processor most within a moment; returns its number."""
        before = {pid: _ticks(pid) for pid in self.replicas()}
        time.sleep(0.3)
        busiest = max(before, key=lambda pid: _ticks(pid) - before[pid])
        os.kill(busiest, signal.SIGKILL)
        return busiest

    def replicas(self) -> list[int]:
        """Numbers of the processes that are replicas of this service."""
        found = []
        for pid in self._descendants():
            with suppress(OSError):
                title = Path(f"/proc/{pid}/cmdline").read_bytes().strip(b" \0")
                if title.partition(b".")[0] == _REPLICA:  # what it does at the moment follows
                    found.append(pid)
        return found

    def _descendants(self) -> list[int]:
        """Numbers of all processes that it started, and they."""
        assert self._process is not None
        children: dict[int, list[int]] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(folder.name))
        found = [self._process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found[1:]


@contextmanager
def running_service(python: Path, home: Path) -> Iterator[RunningService]:
    """Start a service by the Python of its environment, and end it."""
    service = RunningService(python, home)
    try:
        service.start()
        yield service
        service.stop()
    finally:
        service.kill()


class Gate:
    """Passes connections on to a server while it is open; shut, it breaks and refuses them.

    Parameters
    ----------
    address : str
        Of the server: ``http://127.0.0.1:PORT``.
    """

    def __init__(self, address: str) -> None:
        self._port = int(address.rpartition(":")[2])
        self.port = free_port()
        self._listening: socket.socket | None = None
        self._connections: list[socket.socket] = []

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Accept connections."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def shut(self) -> None:
        """Break all connections, and accept no more."""
        if self._listening is not None:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
        for one in self._connections:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._connections.clear()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                self._connections += [client, server]
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
