"""What pages say while proposals are made."""

import os
import threading
from collections.abc import Callable, Iterator

from core.annotation.store import AnnotationStore
from core.dicom.progressive import SeriesReading
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from core.home.settings import read_settings
from core.proposal_jobs.job import Progress
from core.proposals.examples import Proposal
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.model import proposal_backend
from pages.session.proposal_jobs import asked_jobs, propose_neighbours
from pages.session.work import Work
from tests.support.pages import PERSON, OpenPage, shown
from tests.support.queued_work import submit


def test_the_export_page_says_that_a_file_is_made_without_what_is_being_proposed(
    store: AnnotationStore, opened: OpenedSeries, demo_summary: SeriesSummary, open_page: OpenPage
) -> None:
    said = "Proposals are still being made for this series. A file created now is made without them"
    app = open_page("export", series=opened.key)
    assert said not in shown(app)
    entrance = Entrance(read_settings(os.environ), PERSON, arrived=False)
    work = Work(entrance, opened, SeriesReading(demo_summary), store, PageMemory(opened.key))
    go_on = threading.Event()

    def wait(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
        go_on.wait()
        return iter(())

    held = submit(proposal_backend(entrance.settings).turns, wait)
    propose_neighbours(work, 1, 10)
    assert said in shown(app.run())
    for asked in asked_jobs(work):
        asked.job.cancel()
    go_on.set()
    assert held.wait(60)
    assert said not in shown(app.run())
