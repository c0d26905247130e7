"""What a worker process runs: its arguments are a connection, weights, device and cores.

It proposes, and asks between steps whether to go on, so that the process that started it decides
whose turn it is. It ends when that process closes the connection or ends, however it does.
"""

import mmap
import os
import signal
import sys
import threading
import time
from multiprocessing import reduction
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

import numpy as np
import torch

from core.network.engine import load_engine
from core.proposal_jobs.answering import Answering
from core.proposal_jobs.requests import ProposalTask, request_from_json
from core.proposal_jobs.volumes import Volume
from core.proposals.warm_up import warm_up

_ASK_EVERY_S = 0.05
"""How often a job asks at most whether to go on."""


class Worker:
    """Answers the messages of the process that started this one.

    Parameters
    ----------
    connection : Connection
        To that process.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._volumes: dict[str, Volume] = {}
        self._jobs: dict[int, _Going] = {}
        self._answering: Answering | None = None

    def load(self, weights: str, device: str) -> None:
        """Load the network, and tell its name or why it cannot be used."""
        try:
            engine = load_engine(weights, device)
            warm_up(engine)
        except ValueError as error:
            self._send("failed", str(error))
            return
        self._answering = Answering(engine)
        self._send("ready", engine.weights.name)

    def serve(self) -> None:
        """Answer until the connection is closed."""
        while True:
            kind, *content = self._connection.recv()
            if kind == "volume":
                self._map(*content)
            elif kind == "forget":
                self._volumes.pop(content[0], None)
            elif kind == "propose":
                self._begin(*content)
            elif kind == "go on":
                number, is_to_stop = content
                if number in self._jobs:
                    self._jobs[number].answer(is_to_stop)

    def _map(self, digest: str, dtype: str, shape: tuple[int, ...]) -> None:
        file = reduction.recv_handle(self._connection)
        try:
            mapped = mmap.mmap(file, 0, prot=mmap.PROT_READ)
        finally:
            os.close(file)
        self._volumes[digest] = np.frombuffer(mapped, dtype).reshape(shape)

    def _begin(self, number: int, text: bytes) -> None:
        request = request_from_json(text)
        task = ProposalTask(request, {one: self._volumes[one] for one in request.volumes})
        going = self._jobs[number] = _Going(lambda: self._send("asks", number))
        threading.Thread(target=self._propose, args=(number, task, going), daemon=True).start()

    def _propose(self, number: int, task: ProposalTask, going: "_Going") -> None:
        assert self._answering is not None, "nothing is asked for before the network is loaded"
        error: Exception | None = None
        try:
            for proposal in self._answering.answer(
                task,
                going.is_to_stop,
                lambda done, total: self._send("progress", number, done, total),
                lambda network: self._send("adapted", number, network),
            ):
                self._send("proposal", number, proposal)
        except (ValueError, MemoryError) as wrong:
            error = type(wrong)(str(wrong))
        except Exception as wrong:
            error = RuntimeError(type(wrong).__name__)
        del self._jobs[number]
        self._send("end", number, error)

    def _send(self, *message: Any) -> None:
        with self._sending:
            self._connection.send(message)


class _Going:
    """Whether a job goes on; asked from any of its threads."""

    def __init__(self, ask: Any) -> None:
        self._ask = ask
        self._answers: SimpleQueue[bool] = SimpleQueue()
        self._lock = threading.Lock()
        self._asked = 0.0
        self._stopped = False

    def is_to_stop(self) -> bool:
        with self._lock:
            if not self._stopped and time.monotonic() - self._asked >= _ASK_EVERY_S:
                self._ask()
                self._stopped = self._answers.get()
                self._asked = time.monotonic()
            return self._stopped

    def answer(self, is_to_stop: bool) -> None:
        self._answers.put(is_to_stop)


def main(arguments: list[str]) -> None:
    """Load the network and serve."""
    file, weights, device, cores = arguments
    # The process that started this one ends it, once what was proposed is stored.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(int(cores))
    worker = Worker(Connection(int(file)))
    threading.Thread(target=worker.load, args=(weights, device), daemon=True).start()
    try:
        worker.serve()
    except (EOFError, OSError):
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
