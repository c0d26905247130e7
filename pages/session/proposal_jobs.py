"""Proposals, made in the background while the pages stay usable."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.annotation.proposal_storing import store_proposals
from core.annotation.states import EXAMPLE_STATES
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.extent import slices_to_follow
from core.proposals.worker import Job, Progress, submit
from pages.session.work import Work

_TOLD = "proposing.told"
_WATCH_EVERY_S = 0.7


@dataclass(frozen=True)
class _Wanted:
    """What to propose: everything by default, or some slices of one segment."""

    segment: int | None = None
    slices: tuple[int, ...] | None = None


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
    _start(work, _Wanted())


def carry_on(work: Work, segment_number: int, slice_index: int) -> None:
    """Let the neighbours of a drawn or corrected slice follow it, up to the next examples.

    Like `start_proposing`, for these slices of this segment alone.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment_number, slice_index : int
        The slice to carry on from; an example.
    """
    known = {
        index: one.mask
        for index, one in work.annotations_of(segment_number).items()
        if one.state in EXAMPLE_STATES
    }
    follow = slices_to_follow(known, slice_index, work.series.summary.slices)
    _start(work, _Wanted(segment_number, tuple(follow)))


def _start(work: Work, wanted: "_Wanted") -> None:
    jobs = _jobs()
    with jobs.lock:
        running = jobs.by_series.get(work.uid)
        if running is None or running.finished:
            jobs.by_series[work.uid] = submit(_proposing(work, wanted))


def running_job(work: Work) -> Job | None:
    """Job that is making proposals for this series now, or None."""
    job = _jobs().by_series.get(work.uid)
    return job if job is not None and not job.finished else None


def show_progress(work: Work) -> None:
    """Show the proposals as they come, with a way to stop; then what went wrong, once."""
    job = _jobs().by_series.get(work.uid)
    if job is None:
        return
    if not job.finished:
        st.fragment(_watch, run_every=_WATCH_EVERY_S)(job, work.series.summary.slices)
    elif job.error is not None and st.session_state.get(_TOLD) != id(job):
        st.error(job.error, icon=":material/error:")
        if st.button("Understood", key="proposing-understood"):
            st.session_state[_TOLD] = id(job)
            st.rerun(scope="fragment")


def _watch(job: Job, slices: int) -> None:
    """Show a running job; the page is drawn anew when it has ended."""
    if job.finished:
        st.rerun()
    done, total = job.progress
    text = f"Proposing: {done} of {total} slices" if total else "Proposing: loading the model…"
    st.progress(min(1.0, done / total) if total else 0.0, text)
    if total:
        st.html(_strip(job.proposals, slices))
    st.button(
        "Stopping…" if job.cancelled else "Cancel",
        key="cancel-proposing",
        on_click=job.cancel,
        disabled=job.cancelled,
        help="Keeps what has been proposed so far.",
        width="stretch",
    )


def _strip(proposals: list[Proposal], slices: int) -> str:
    """Draw a tick for every slice: filled once something is proposed there, dark once settled."""
    shade = [8] * slices
    for one in proposals:
        settled = one.expected_dice is not None
        shade[one.slice] = max(shade[one.slice], 80 if settled else 40 if one.mask.any() else 16)
    ticks = "".join(
        '<i style="flex:1 1 0;min-width:1px;border-radius:2px;'
        f'background:color-mix(in srgb,currentColor {one}%,transparent)"></i>'
        for one in shade
    )
    return f'<div style="display:flex;gap:1px;height:14px" aria-hidden="true">{ticks}</div>'


@st.cache_resource(show_spinner=False)
def _jobs() -> _Jobs:
    return _Jobs()


def _proposing(
    work: Work, wanted: _Wanted
) -> Callable[[Callable[[], bool], Progress], Iterator[Proposal]]:
    """Work for the background thread."""
    settings = work.entrance.settings
    exclusive = [segment.number for segment in work.segments() if segment.exclusive]
    examples = _examples(work)
    series = work.series

    def make(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
        # Importing PyTorch takes seconds, which no page should wait for.
        from core.proposals.proposer import propose
        from pages.session.model import load_model

        engine = load_model(settings.weights, settings.device)
        made: dict[tuple[int, int], Proposal] = {}
        for proposal in propose(
            series.volume,
            series.geometry.spacing,
            series.summary.modality,
            examples,
            engine=engine,
            exclusive=exclusive,
            wanted=None if wanted.segment is None else [wanted.segment],
            slices=wanted.slices,
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
