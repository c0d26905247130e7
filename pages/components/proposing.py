"""The one next step, and proposals made in the background while the page stays usable."""

from collections.abc import Callable, Iterator
from threading import Lock

import streamlit as st

from core.annotation.review import store_proposals
from core.annotation.segments import Segment
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.proposer import propose
from core.proposals.worker import Job, Progress, submit
from pages.components.model import load_model
from pages.components.work import Work

_ENOUGH_SLICES = 3
_WATCH_EVERY_S = 0.7


def next_step(work: Work, segment: Segment) -> None:
    """Show what to do next: draw, propose, wait, review or export.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment : Segment
        The one being worked on.
    """
    job = _job(work)
    if job is not None and not job.finished:
        _progress(work)
        return
    if job is not None:
        _outcome(job)
    states = [one.state for one in work.store.annotation(work.uid).values()]
    drawn = sum(
        1 for one in work.annotations_of(segment.number).values() if _teaches(one.state, one.pixels)
    )
    proposed = states.count(SliceState.PROPOSED)
    untouched = work.series.summary.slices - len(
        [one for one in work.annotations_of(segment.number).values() if one.state in EXAMPLE_STATES]
    )
    enough = drawn >= min(_ENOUGH_SLICES, work.series.summary.slices)
    if proposed:
        st.page_link(
            "pages/review.py",
            label=f"**Review {proposed} proposal{'s' if proposed > 1 else ''}**",
            icon=":material/fact_check:",
        )
    elif not enough:
        st.caption(
            f"Next: draw on {_ENOUGH_SLICES - drawn} more "
            f"slice{'s' if _ENOUGH_SLICES - drawn > 1 else ''}. The first and last slice of the "
            "structure and one between teach most."
        )
    elif not untouched:
        st.page_link("pages/export.py", label="**Export**", icon=":material/download:")
    if untouched and st.button(
        "Propose again" if proposed else "Propose",
        icon=":material/auto_awesome:",
        type="primary" if enough and not proposed else "secondary",
        disabled=drawn == 0,
        help="Masks for all other slices, from the slices you stand behind. What you drew stays.",
        key="leave-propose",
        width="stretch",
    ):
        start(work)
        st.rerun(scope="fragment")


def start(work: Work) -> Job:
    """Start proposing for all segments with examples, unless it is running already."""
    with _lock():
        running = _jobs().get(work.uid)
        if running is not None and not running.finished:
            return running
        job = submit(_proposing(work))
        _jobs()[work.uid] = job
        return job


def running(work: Work) -> bool:
    """Whether proposals are being made for this series."""
    job = _job(work)
    return job is not None and not job.finished


def _proposing(work: Work) -> Callable[[Callable[[], bool], Progress], Iterator[Proposal]]:
    """Work for the background: proposals of all segments, stored as one step at the end."""
    settings = work.entrance.settings
    segments = work.segments()
    examples = _examples(work)

    def make(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
        engine, weights = load_model(settings.weights, settings.device)
        made: dict[tuple[int, int], Proposal] = {}
        for proposal in propose(
            work.series.volume,
            work.series.geometry.spacing,
            work.series.summary.modality,
            examples,
            engine=engine,
            exclusive=[segment.number for segment in segments if segment.exclusive],
            cancelled=cancelled,
            progress=progress,
        ):
            made[proposal.segment, proposal.slice] = proposal
            yield proposal
        # Stored here, not by a page: a tab that was closed meanwhile loses nothing.
        store_proposals(
            work.store, work.uid, made.values(), person=work.person, weights=weights
        )

    return make


def _examples(work: Work) -> list[SegmentExamples]:
    masks: dict[int, dict[int, object]] = {}
    for (number, index), one in work.store.annotation(work.uid).items():
        if one.state in EXAMPLE_STATES:
            masks.setdefault(number, {})[index] = one.mask
    return [SegmentExamples(number, of_segment) for number, of_segment in masks.items()]
