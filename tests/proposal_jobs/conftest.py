"""A series, its examples, and every backend that proposals can be made by."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from pydantic import SecretStr

from core.home.settings import Settings
from core.network.engine import Engine, load_engine
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.job import Job
from core.proposal_jobs.opening import open_backend
from core.proposal_jobs.requests import ProposalRequest, ProposalTask, segment_data, series_data
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.proposer import propose
from tests.proposals.conftest import balls, untrained_engine
from tests.support.proposal_service import TOKEN, RunningService, running_service

__all__ = ["balls", "untrained_engine"]

SPACING, MODALITY, SLICES = (2.0, 1.0, 1.0), "MR", 32
DRAWN = (6, 12, 18, 25)
_MOVES = count(1)


class Drawn(NamedTuple):
    """A noisy volume with a ball, and examples of it."""

    volume: np.ndarray
    examples: list[SegmentExamples]

    def task(self, person: str = "Anna", slices: tuple[int, ...] | None = None) -> ProposalTask:
        """Ask for proposals on it."""
        request = ProposalRequest(
            person,
            len(slices or range(SLICES)),
            series_data(self.volume, SPACING, MODALITY),
            segment_data(self.examples),
            exclusive=(1,),
            slices=slices,
        )
        return ProposalTask(request, {request.series.volume: self.volume})

    def new(self) -> "Drawn":
        """Draw somewhat elsewhere than ever before: nothing that is kept makes that quicker."""
        shift = divmod(next(_MOVES), 20)
        moved = [
            replace(one, masks={at: np.roll(mask, shift, (0, 1)) for at, mask in one.masks.items()})
            for one in self.examples
        ]
        return Drawn(self.volume, moved)


Submit = Callable[..., Job]


@pytest.fixture(scope="session")
def drawn() -> Drawn:
    z, y, x = np.mgrid[:SLICES, :150, :140]
    ball = ((z - 15.5) ** 2) * 12 + (y - 70) ** 2 + (x - 66) ** 2 < 1900
    noise = np.random.default_rng(4).normal(0, 30, ball.shape)
    volume = (400 * ball + noise).astype(np.int16)
    return Drawn(volume, [SegmentExamples(1, {index: ball[index] for index in DRAWN})])


@pytest.fixture(scope="session")
def engine() -> Engine:
    return load_engine("default", "cpu")


@pytest.fixture(scope="session")
def expected(drawn: Drawn, engine: Engine) -> list[Proposal]:
    """What is proposed without any queue."""
    return proposals_of(drawn, engine)


def proposals_of(drawn: Drawn, engine: Engine) -> list[Proposal]:
    """Propose on a series without any queue."""
    return newest(
        propose(drawn.volume, SPACING, MODALITY, drawn.examples, engine=engine, exclusive=[1])
    )


def newest(proposals: Iterator[Proposal]) -> list[Proposal]:
    return list({(one.segment, one.slice): one for one in proposals}.values())


@pytest.fixture(scope="session")
def service(ray_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A real service with two replicas on this machine."""
    with running_service(ray_python, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session", params=["in-process", "processes:2", "service"])
def backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, engine: Engine
) -> Iterator[ProposalBackend]:
    """Each of them, as the settings name it."""
    home = tmp_path_factory.mktemp("home")
    wanted = request.param
    if wanted == "service":
        wanted = f"ray+{request.getfixturevalue('service').address}"
    settings = Settings(home, "", device="cpu", proposals=wanted, proposals_token=SecretStr(TOKEN))
    with closing(open_backend(settings, lambda: engine)) as opened:
        assert "slicewise" in opened.weights()
        yield opened


@pytest.fixture
def submit(backend: ProposalBackend) -> Iterator[Submit]:
    """Hand in tasks; what a test leaves is cancelled."""
    jobs = []

    def hand_in(task: ProposalTask) -> Job:
        asked = task.request
        job = backend.submit(
            lambda: task,
            person=asked.person,
            slices=asked.slices_asked,
            series=asked.series.volume,
        )
        jobs.append(job)
        return job

    yield hand_in
    for job in jobs:
        job.cancel()
    assert all(job.wait(10) for job in jobs)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path
