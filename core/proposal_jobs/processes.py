"""Proposals computed in worker processes of this machine."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from core.proposal_jobs.job import Job, Progress
from core.proposal_jobs.replay import Replay
from core.proposal_jobs.requests import ProposalTask
from core.proposal_jobs.volume_files import VolumeFile, VolumeFiles
from core.proposals.examples import Proposal

_MOST_BYTES = 8 * 2**30
"""How much the files of volumes may take that no job needs."""

_ATTEMPTS = 3
_LOOK_EVERY_S = 0.1
_PATIENCE_S = 0.5
"""How long a cancelled job waits for the end of its step."""

_SCRIPT = "core.proposal_jobs.worker_process"


class Ended(Exception):
    """The worker process is not there any more."""


class WorkerProcesses:
    """Computes in worker processes, which are started on first use and replaced when they die.

    Parameters
    ----------
    count : int
        How many.
    weights, device : str
        As `core.network.engine.load_engine` takes them.
    folder : pathlib.Path
        For the files of volumes.
    """

    def __init__(self, count: int, weights: str, device: str, folder: Path) -> None:
        cores = max(1, (os.cpu_count() or 1) // count)
        self._arguments = weights, device, str(cores)
        self._files = VolumeFiles(folder, _MOST_BYTES)
        self._lock = threading.Lock()
        self._processes: dict[int, WorkerProcess] = {}
        self._is_closed = False

    def compute(
        self, task: ProposalTask, job: Job, cancelled: Callable[[], bool], progress: Progress
    ) -> Iterator[Proposal]:
        """Make the proposals that are asked for; as `core.proposal_jobs.backend.Place` has it."""
        replay = Replay(progress)
        with ExitStack() as used:
            files = [
                used.enter_context(self._files.use(digest, task.volumes[digest]))
                for digest in task.request.volumes
            ]
            for _ in range(_ATTEMPTS):
                try:
                    process = self.process(job.place or 0)
                    job.weights = process.weights_unless(lambda: job.cancelled)
                    if job.weights is None:
                        return
                    process.forget_all_but(self._files.kept())
                    propose = partial(process.propose, task, files, job, cancelled)
                    yield from replay.proposals(propose)
                    return
                except Ended:
                    if job.cancelled or self._is_closed:
                        return
        raise ValueError(
            f"The process that proposes ended {_ATTEMPTS} times over this; most likely there is "
            "not enough memory. Propose fewer slices at once, or ask who runs the server."
        )

    def process(self, place: int) -> "WorkerProcess":
        """Return the process of a place, a new one where there is none that lives."""
        with self._lock:
            if self._is_closed:
                raise Ended
            known = self._processes.get(place)
            if known is None or not known.is_alive:
                known = self._processes[place] = WorkerProcess(self._arguments)
            return known

    def weights(self) -> str:
        """Return the name of the weights."""
        return self.process(0).weights.result()

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            self._is_closed = True
            processes = list(self._processes.values())
        for one in processes:
            one.end()
        self._files.close()


class WorkerProcess:
    """One worker process, as the process that started it sees it.

    Parameters
    ----------
    arguments : tuple of str
        Weights, device and number of cores.

    Attributes
    ----------
    weights : Future of str
        Their name once they are loaded.
    """

    def __init__(self, arguments: tuple[str, str, str]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-m", _SCRIPT, str(theirs.fileno()), *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=_environment(),
                # Ctrl+C is for the server, which stores what was proposed before it ends.
                start_new_session=True,
            )
        self._connection = Connection(ours.detach())
        self.weights: Future[str] = Future()
        self._sending = threading.Lock()
        self._sent: set[str] = set()
        self._messages: dict[int, SimpleQueue[tuple[Any, ...]]] = {}
        self._number = 0
        self._has_ended = threading.Event()
        threading.Thread(target=self._receive, name="worker process", daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return not self._has_ended.is_set()

    @property
    def pid(self) -> int:
        """Number that the system knows it by."""
        return self._child.pid

    def weights_unless(self, given_up: Callable[[], bool]) -> str | None:
        """Wait for the name of the weights; None where that was given up.

        Raises
        ------
        Ended
            If the process ends before.
        ValueError
            If they cannot be used.
        """
        while not given_up():
            with suppress(TimeoutError):
                return self.weights.result(_LOOK_EVERY_S)
        return None

    def propose(
        self,
        task: ProposalTask,
        files: list[VolumeFile],
        job: Job,
        cancelled: Callable[[], bool],
        progress: Progress,
    ) -> Iterator[Proposal]:
        """Have proposals made.

        Raises
        ------
        Ended
            If the process ends before.
        ValueError, MemoryError, RuntimeError
            As they were raised there.
        """
        messages: SimpleQueue[tuple[Any, ...]] = SimpleQueue()
        with self._sending:
            self._number += 1
            number = self._number
            self._messages[number] = messages
            self._send_volumes(files)
            self._put("propose", number, task.request.to_json())
        if not self.is_alive:
            raise Ended
        try:
            yield from self._follow(number, messages, job, cancelled, progress)
        finally:
            self._messages.pop(number, None)
            with suppress(Ended):
                self._send("go on", number, True)  # of no effect unless it goes on

    def forget_all_but(self, digests: set[str]) -> None:
        """Have volumes let go of whose files are closed."""
        with self._sending:
            for digest in self._sent - digests:
                self._put("forget", digest)
            self._sent &= digests

    def end(self) -> None:
        """End it, and wait for that."""
        self._child.kill()
        self._child.wait()

    def _follow(
        self,
        number: int,
        messages: "SimpleQueue[tuple[Any, ...]]",
        job: Job,
        cancelled: Callable[[], bool],
        progress: Progress,
    ) -> Iterator[Proposal]:
        gives_up: float | None = None
        while gives_up is None or time.monotonic() < gives_up:
            if job.cancelled and gives_up is None:
                gives_up = time.monotonic() + _PATIENCE_S
            try:
                kind, *content = messages.get(timeout=_LOOK_EVERY_S)
            except Empty:
                continue
            if kind == "asks":
                self._send("go on", number, cancelled())
            elif kind == "progress":
                progress(*content)
            elif kind == "adapted":
                job.tell_adapted(content[0])
            elif kind == "proposal":
                yield content[0]
            elif kind == "end":
                if content[0] is not None:
                    raise content[0]
                return
            else:
                raise Ended

    def _send_volumes(self, files: list[VolumeFile]) -> None:
        for one in files:
            if one.digest not in self._sent:
                self._put("volume", one.digest, one.dtype, one.shape)
                with _ended_if_broken():
                    reduction.send_handle(self._connection, one.file.fileno(), self.pid)
                self._sent.add(one.digest)

    def _send(self, *message: Any) -> None:
        with self._sending:
            self._put(*message)

    def _put(self, *message: Any) -> None:
        with _ended_if_broken():
            self._connection.send(message)

    def _receive(self) -> None:
        """Hand messages to the jobs that they are for, until the process ends."""
        try:
            while True:
                kind, *content = self._connection.recv()
                if kind == "ready":
                    self.weights.set_result(content[0])
                elif kind == "failed":
                    self.weights.set_exception(ValueError(content[0]))
                elif (messages := self._messages.get(content[0])) is not None:
                    messages.put((kind, *content[1:]))
        except (EOFError, OSError):
            self._has_ended.set()
        for waiting in list(self._messages.values()):
            waiting.put(("gone",))
        if not self.weights.done():
            self.weights.set_exception(Ended())
        self.end()
        self._connection.close()


@contextmanager
def _ended_if_broken() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise Ended from None


def _environment() -> dict[str, str]:
    """What a worker needs to know, without settings and secrets of the server."""
    known = {name: value for name, value in os.environ.items() if "SLICEWISE" not in name}
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    # Threads that wait for one another must not keep cores busy that others compute on.
    return known | {
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
