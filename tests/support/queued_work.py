"""Work for the background, queued without a place where proposals are computed."""

from collections.abc import Callable

from core.proposal_jobs.job import Job, Origin, Work, origin_by_weights
from core.proposal_jobs.turns import Turns


def submit(
    turns: Turns,
    work: Work,
    when_finished: Callable[[Job], None] = lambda job: None,
    *,
    person: str = "",
    slices: int = 1,
    series: str = "",
    is_background: bool = False,
    origin: Callable[[Job, int], Origin] = origin_by_weights,
    is_unwanted: Callable[[], bool] = lambda: False,
) -> Job:
    """Queue work for the background; `Job` tells what is called with which arguments."""
    job = Job(
        work,
        when_finished,
        turns,
        person,
        slices,
        series,
        is_background,
        origin,
        is_unwanted,
    )
    turns.enter(job)
    return job
