"""A real proposal service for tests, and a gate in front of it that can be shut."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.app_server import ROOT, free_port

TOKEN = "a secret of the proposal service"
_REPLICA = b"ray::ServeReplica:default:Replica"
_STARTS_WITHIN_S = 300.0


@dataclass(frozen=True)
class RunningService:
    """A service with two replicas.

    Attributes
    ----------
    address : str
        Of the service.
    """

    address: str

    def kill_replica_at_work(self) -> int:
        """Kill the replica that has used the processor most within a moment; returns its number."""
        before = {pid: _ticks(pid) for pid in self.replicas()}
        time.sleep(0.3)
        busiest = max(before, key=lambda pid: _ticks(pid) - before[pid])
        os.kill(busiest, signal.SIGKILL)
        return busiest

    def replicas(self) -> list[int]:
        """Numbers of the processes that are replicas."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, ValueError):
                if (folder / "cmdline").read_bytes().strip(b" \0") == _REPLICA:
                    found.append(int(folder.name))
        return found


@contextmanager
def running_service(python: Path, home: Path) -> Iterator[RunningService]:
    """Start a service by the Python of its environment, and end it."""
    port = free_port()
    environment = os.environ | {
        "SLICEWISE_PROPOSALS_TOKEN": TOKEN,
        "SLICEWISE_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": TOKEN.replace(" ", "-"),
        "RAY_USAGE_STATS_ENABLED": "0",
        "OMP_NUM_THREADS": "1",
    }
    log = home / "service.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(python), "-m", "tests.support.ray_service", str(port), "2"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
    giving_up = threading.Timer(_STARTS_WITHIN_S, process.kill)
    giving_up.start()
    try:
        assert process.stdout is not None and process.stdin is not None
        started = any(line == "ready\n" for line in process.stdout)
        giving_up.cancel()
        assert started, log.read_text()[-3000:]
        yield RunningService(f"http://127.0.0.1:{port}")
        process.stdin.close()
        process.wait(60)
    finally:
        giving_up.cancel()
        process.kill()
        process.wait()


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
