"""How far a job of proposals is, as people are told: it never goes back."""

import time
from dataclasses import dataclass

from core.proposal_jobs.job import Job

_LEAST_SHARE = 0.1  # before, a guess at the time left would be far off
_LEAST_SECONDS = 3.0


@dataclass(eq=False)
class ProgressMeter:
    """Follows one job.

    Attributes
    ----------
    share : float
        Of the work, 0 to 1. The steps in all become known only while a structure is followed;
        where more come up, the share waits for them instead of going back.
    began : float or None
        Clock when the first step was seen, in seconds.
    """

    share: float = 0.0
    began: float | None = None

    def read(self, job: Job, now: float | None = None) -> tuple[float, float | None]:
        """Look at the job.

        Parameters
        ----------
        job : Job
            Always the same one.
        now : float, optional
            Clock in seconds.

        Returns
        -------
        share : float
            0 to 1, at least what it was before.
        left : float or None
            Seconds left; None where nothing can be said yet.
        """
        clock = time.monotonic() if now is None else now
        done, total = job.progress
        if not total:
            return self.share, None
        self.began = clock if self.began is None else self.began
        # One more step is to store what was made, and nobody knows whether more steps come up.
        self.share = max(self.share, done / (total + 1))
        passed = clock - self.began
        if self.share < _LEAST_SHARE or passed < _LEAST_SECONDS:
            return self.share, None
        return self.share, passed * (1 - self.share) / self.share


def progress_text(job: Job, left: float | None = None, *, is_taught: bool = False) -> str:
    """Say how far a job is: waiting for others or for the service, loading the model, or at work.

    Parameters
    ----------
    job : Job
        Any.
    left : float, optional
        Seconds left.
    is_taught : bool
        Whether it proposes from other series.

    Returns
    -------
    str
        A few words; slices are counted once, however often they are proposed.
    """
    if ahead := job.ahead:
        text = f"Waiting: {ahead} {'job is' if ahead == 1 else 'jobs are'} done before"
        wait = job.seconds_to_wait
        return text if wait is None else f"{text}, {_duration(wait)}"
    if job.notice is not None:
        return job.notice
    _, total = job.progress
    if not total:
        return "Reading the earlier series…" if is_taught else "Loading the model…"
    slices = len({proposal.slice for proposal in job.proposals if proposal.mask.any()})
    doing = "Proposing from earlier series" if is_taught else "Proposing"
    text = f"{doing}: {slices} {'slice' if slices == 1 else 'slices'} so far"
    return text if left is None else f"{text}, {_duration(left)} left"


def training_text(job: Job, left: float | None = None, *, is_behind: bool = False) -> str:
    """Say how far a job is that only trains the network.

    Parameters
    ----------
    job : Job
        Not finished.
    left : float, optional
        Seconds left.
    is_behind : bool
        Whether proposals are being made on the same series, which go before it.

    Returns
    -------
    str
        A few words.
    """
    if job.cancelled:
        return "Training stops…"
    if job.notice is not None:
        return job.notice
    _, total = job.progress
    if is_behind:
        return f"Training {'goes on' if total else 'begins'} after the proposals"
    if ahead := job.ahead:
        return f"Training waits: {ahead} {'job is' if ahead == 1 else 'jobs are'} done before"
    if not total:
        return "Reading the earlier series…"
    text = "Training on earlier series"
    return f"{text}…" if left is None else f"{text}: {_duration(left)} left"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} s"
    return f"about {seconds / 60:.0f} min"
