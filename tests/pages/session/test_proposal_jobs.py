"""Proposals made in the background: what stays of a job once it has finished."""

import gc
import os
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from core.annotation.records import MaskChange
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.reading import read_series
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from core.home.settings import read_settings
from core.proposals.worker import Job
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.proposal_jobs import propose_neighbours, running_job
from pages.session.work import Work
from tests.support.pages import PERSON, OpenPage, press

DRAWN = 24
_PATIENCE_S = 120.0

Disk = Callable[[float], NDArray[np.bool_]]


@pytest.fixture
def drawn(store: AnnotationStore, demo_summary: SeriesSummary, disk: Disk) -> AnnotationStore:
    """Two slices with one between them are drawn."""
    changes = [MaskChange(1, index, disk(30), SliceState.DRAWN, 0) for index in (DRAWN, DRAWN + 2)]
    store.put_many(demo_summary.uid, changes, PERSON, "test", "prepare")
    return store


def until(condition: Callable[[], Any]) -> Any:
    """Wait until a condition holds, and return what it gave."""
    deadline = time.monotonic() + _PATIENCE_S
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)
    return result


def followed_to_the_end(job: Job | None) -> list[weakref.ref[Any]]:
    """Wait for a job; weak references to it and to masks that it proposed."""
    assert job is not None
    proposals = until(lambda: job.proposals)
    assert job.wait(_PATIENCE_S)
    assert job.error is None
    return [weakref.ref(job), *(weakref.ref(proposal.mask) for proposal in proposals)]


def test_a_finished_job_and_its_masks_are_released(
    drawn: AnnotationStore, opened: OpenedSeries, demo_summary: SeriesSummary
) -> None:
    entrance = Entrance(read_settings(os.environ), PERSON, arrived=False)
    series = read_series(demo_summary)
    work = Work(entrance, opened, series, drawn, PageMemory(opened.key))
    propose_neighbours(work, 1, DRAWN)
    released = followed_to_the_end(running_job(work))
    gc.collect()
    assert running_job(work) is None
    assert [reference() for reference in released] == [None] * len(released)
    assert drawn.slice(work.uid, 1, DRAWN + 1).state is SliceState.PROPOSED


def test_what_went_wrong_is_shown_in_every_tab_until_it_is_dismissed_there(
    drawn: AnnotationStore,
    opened: OpenedSeries,
    open_page: OpenPage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(b"no weights")
    monkeypatch.setenv("SLICEWISE_WEIGHTS", str(weights))
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")

    def errors(app: AppTest) -> list[str]:
        return [error.value for error in app.run().error]

    first = press(open_page("annotate", series=opened.key), "Propose")
    message = until(lambda: errors(first))
    second = open_page("annotate", series=opened.key)
    assert errors(second) == message
    press(first, "Dismiss")
    assert errors(first) == []
    assert errors(second) == message
    press(second, "Dismiss")
    assert errors(second) == []
