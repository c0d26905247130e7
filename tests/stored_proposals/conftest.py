"""Series with a bright ball, and a store for what is drawn on them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.annotation.store import AnnotationStore
from core.dicom.reading import read_series
from core.dicom.series import Series, SeriesSummary
from core.dicom.slice_names import slice_names
from core.home.settings import default_url
from core.proposal_jobs.job import Job
from core.stored_proposals.annotated_series import AnnotatedSeries
from tests.support.bright_balls import write_ball

PATIENCE_S = 120


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AnnotationStore]:
    store = AnnotationStore(default_url(tmp_path))
    yield store
    store.close()


@pytest.fixture(scope="module")
def balls(tmp_path_factory: pytest.TempPathFactory) -> list[SeriesSummary]:
    folder = tmp_path_factory.mktemp("images")
    return [write_ball(folder / str(shift), shift) for shift in (1, 2, 3)]


def teacher(summary: SeriesSummary) -> AnnotatedSeries:
    return AnnotatedSeries(summary.uid, lambda: summary)


def opened(store: AnnotationStore, summary: SeriesSummary) -> Series:
    store.open_annotation(summary.uid, slice_names(summary), summary.rows, summary.columns)
    return read_series(summary)


def finished(job: Job) -> Job:
    assert job.wait(PATIENCE_S)
    assert job.error is None
    return job
