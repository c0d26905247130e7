"""Worker processes: dead ones are replaced, and none is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.processes import WorkerProcesses
from core.proposal_jobs.turns import Turns
from core.proposal_jobs.volume_files import VolumeFiles
from core.proposals.examples import Proposal
from tests.proposal_jobs.conftest import Drawn
from tests.proposal_jobs.test_backends import same, until

_PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcesses]:
    place = WorkerProcesses(1, "default", "cpu", tmp_path_factory.mktemp("volumes"))
    with closing(place):
        yield place


def test_a_job_whose_process_dies_is_done_again_and_nothing_is_lost_or_told_twice(
    processes: WorkerProcesses, drawn: Drawn, expected: list[Proposal]
) -> None:
    backend = ProposalBackend(processes, Turns())
    job = backend.submit(drawn.task, person="Anna", slices=32)
    until(lambda: len(job.proposals) > 5)
    steps, kept = job.progress, list(job.proposals)
    dead = processes.process(0).pid
    os.kill(dead, signal.SIGKILL)
    seen = [steps[0]]
    while not job.wait(0.01):
        seen.append(job.progress[0])
    assert job.error is None
    assert processes.process(0).pid != dead
    assert seen == sorted(seen)
    assert same(job.proposals, expected)
    assert [one.slice for one in job.proposals[: len(kept)]] == [one.slice for one in kept]


def test_a_job_that_its_process_never_survives_ends_with_a_sentence(
    processes: WorkerProcesses, drawn: Drawn
) -> None:
    backend = ProposalBackend(processes, Turns())
    job = backend.submit(drawn.task, person="Anna", slices=32)
    killed: set[int] = set()
    while not job.finished:
        process = processes.process(0)
        if process.weights.done() and job.progress[0] and process.pid not in killed:
            killed.add(process.pid)
            os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.02)
    assert job.error is not None and "ended 3 times" in job.error
    after = backend.submit(lambda: drawn.task(slices=(15,)), person="Anna", slices=1)
    assert after.wait(_PATIENCE_S) and after.error is None


def test_weights_that_cannot_be_used_are_told(tmp_path: Path, drawn: Drawn) -> None:
    with closing(WorkerProcesses(1, "nothing-here.safetensors", "cpu", tmp_path)) as place:
        job = ProposalBackend(place, Turns()).submit(drawn.task, person="Anna", slices=32)
        assert job.wait(_PATIENCE_S)
        assert job.error is not None and "nothing-here" in job.error


def test_files_of_volumes_have_no_name_and_are_dropped_by_least_recent_use(tmp_path: Path) -> None:
    files = VolumeFiles(tmp_path, most_bytes=2000)
    volumes = {name: np.full((2, 20, 20), place, np.int16) for place, name in enumerate("abc")}
    with files.use("a", volumes["a"]):
        for name in "bc":
            with files.use(name, volumes[name]) as file:
                file.file.seek(0)
                assert np.array_equal(
                    np.frombuffer(file.file.read(), file.dtype).reshape(file.shape), volumes[name]
                )
        assert files.kept() == {"a", "c"}, "a is in use"
    assert list(tmp_path.iterdir()) == []
    files.close()


SERVER = """
import sys, time
from pathlib import Path
from core.proposal_jobs.processes import WorkerProcesses
place = WorkerProcesses(2, "default", "cpu", Path(sys.argv[1]))
processes = [place.process(at) for at in range(2)]
processes[0].weights.result()
print(*(process.pid for process in processes), flush=True)
time.sleep(600)
"""


def has_ended(pid: int) -> Callable[[], bool]:
    def look() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    return look


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_no_process_is_left_when_the_server_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        pids = [int(pid) for pid in server.stdout.readline().split()]
        server.kill()
    assert len(pids) == 2
    for pid in pids:
        until(has_ended(pid))
    assert list(tmp_path.iterdir()) == []
