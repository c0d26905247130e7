"""Proposals, made in the background while the pages stay usable."""

from collections.abc import Callable, Iterator
from threading import Lock

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.annotation.review import store_proposals
from core.annotation.states import EXAMPLE_STATES
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.worker import Job, Progress, submit
from pages.components.work import Work

_TOLD = "proposing.told"
_WATCH_EVERY_S = 0.7


class _Jobs:
    """The newest job of each series, for all sessions."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.by_series: dict[str, Job] = {}


def start_proposing(work: Work) -> None:
    """Start proposing for all segments with examples, unless that is running already.

    The proposals are stored, as one step of the person, when all are made or it is cancelled.

    Parameters
    ----------
    work : Work
        Series being worked on.
    """
    jobs = _jobs()
    with jobs.lock:
        running = jobs.by_series.get(work.uid)
        if running is None or running.finished:
            jobs.by_series[work.uid] = submit(_proposing(work))


def running_job(work: Work) -> Job | None:
    """Job that is making proposals for this series now, or None."""
    job = _jobs().by_series.get(work.uid)
    return job if job is not None and not job.finished else None


def show_progress(work: Work) -> None:
    """Show how far the proposals are, with a way to stop; then what came of them, once."""
    job = _jobs().by_series.get(work.uid)
    if job is None:
        return
    if not job.finished:
        st.fragment(_watch, run_every=_WATCH_EVERY_S)(job)
    elif job.error is not None and st.session_state.get(_TOLD) != id(job):
        st.error(job.error, icon=":material/error:")
        if st.button("Understood", key="proposing-understood"):
            st.session_state[_TOLD] = id(job)
            st.rerun(scope="fragment")


def _watch(job: Job) -> None:
    """Show a running job; the page is drawn anew when it has ended."""
    if job.finished:
        st.rerun()
    done, total = job.progress
    text = f"Proposing: {done} of {total} slices" if total else "Proposing: loading the model…"
    st.progress(min(1.0, done / total) if total else 0.0, text)
    st.button(
        "Stopping…" if job.cancelled else "Cancel",
        key="cancel-proposing",
        on_click=job.cancel,
        disabled=job.cancelled,
        help="Keeps what has been proposed so far.",
        width="stretch",
    )


@st.cache_resource(show_spinner=False)
def _jobs() -> _Jobs:
    return _Jobs()


def _proposing(work: Work) -> Callable[[Callable[[], bool], Progress], Iterator[Proposal]]:
    """Work for the background thread."""
    settings = work.entrance.settings
    exclusive = [segment.number for segment in work.segments() if segment.exclusive]
    examples = _examples(work)
    series = work.series

    def make(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
        # Importing PyTorch takes seconds, which no page should wait for.
        from core.proposals.proposer import propose
        from pages.components.model import load_model

        engine = load_model(settings.weights, settings.device)
        made: dict[tuple[int, int], Proposal] = {}
        for proposal in propose(
            series.volume,
            series.geometry.spacing,
            series.summary.modality,
            examples,
            engine=engine,
            exclusive=exclusive,
            cancelled=cancelled,
            progress=progress,
        ):
            made[proposal.segment, proposal.slice] = proposal
            yield proposal
        # Stored here and not by a page: a tab that was closed meanwhile loses nothing.
        store_proposals(
            work.store,
            work.uid,
            made.values(),
            person=work.person,
            weights=engine.weights.name,
        )

    return make


def _examples(work: Work) -> list[SegmentExamples]:
    masks: dict[int, dict[int, NDArray[np.bool_]]] = {}
    for (number, index), one in work.store.annotation(work.uid).items():
        if one.state in EXAMPLE_STATES:
            masks.setdefault(number, {})[index] = one.mask
    return [SegmentExamples(number, of_segment) for number, of_segment in masks.items()]
