"""How far the running proposals are, with a way to stop them, and what went wrong."""

import html
import weakref
from collections.abc import Callable

import streamlit as st

from core.dicom.shown_names import isolated
from core.proposal_jobs.job import Job
from core.proposals.examples import Proposal
from pages.session.proposal_jobs import (
    AskedJob,
    asked_jobs,
    failure_shown,
    forget_failure,
    seconds_between_looks,
)
from pages.session.proposal_progress import progress_text
from pages.session.work import Work
from pages.views.formatting import plain

LINE_STYLE = """
<style>
.st-key-line {
  height: 1.7rem; min-height: 1.7rem; max-height: 1.7rem; overflow: hidden; flex-wrap: nowrap;
}
.st-key-line .line-text {
  margin: 0; font-size: 0.95rem; line-height: 1.7rem;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
}
.st-key-line .line-text.warning {color: #b85c00;}
.st-key-line .line-text.problem {color: #c62828;}
.st-key-line [data-testid="stHtml"] {display: flex; gap: 0.8rem; align-items: center;}
.st-key-line .line-bar {
  flex: 0 0 9rem; height: 0.5rem; border-radius: 4px; overflow: hidden;
  background: color-mix(in srgb, currentColor 15%, transparent);
}
.st-key-line .line-bar i {display: block; height: 100%; background: var(--primary, #2f7d8c);}
.st-key-line button {min-height: 1.6rem; height: 1.6rem; padding: 0 0.7rem;}
</style>
"""
"""Of a horizontal container with the key "line", which is as high as one line of text."""

_KEPT = "Proposals made so far are kept."


def show_progress(work: Work) -> None:
    """Show the proposals as they come, with a way to stop; then what went wrong, once per tab."""
    if asked_jobs(work):
        _watch(work, _show_jobs)
        return
    failure = failure_shown(work)
    if failure is not None:
        st.error(failure, icon=":material/error:")
        st.button("Dismiss", key="proposing-dismiss", on_click=forget_failure, args=(work,))


def show_progress_in_line(work: Work) -> bool:
    """Show the same in one line of a horizontal container.

    Parameters
    ----------
    work : Work
        Series being worked on.

    Returns
    -------
    bool
        Whether there was anything to show.
    """
    if asked_jobs(work):
        _watch(work, _show_first_job)
        return True
    failure = failure_shown(work)
    if failure is None:
        return False
    st.html(f'<p class="line-text problem" role="alert">{html.escape(failure)}</p>')
    st.button("Dismiss", key="proposing-dismiss", on_click=forget_failure, args=(work,))
    return True


def tell_of_proposing(work: Work) -> None:
    """Say in one line that proposals are being made, on a page whose files are made without them.

    The page is drawn again when they have finished.
    """
    if asked_jobs(work):
        _watch(work, _tell_of_proposing)


def _tell_of_proposing(work: Work, jobs: list[AskedJob]) -> None:
    st.caption(
        ":material/hourglass_top: Proposals are still being made for this series. A file created "
        "now is made without them."
    )


def _watch(work: Work, show: Callable[[Work, list[AskedJob]], None]) -> None:
    """Show the running jobs again and again; the page is drawn again when they have finished."""

    def look() -> None:
        jobs = asked_jobs(work)
        if not jobs:
            st.rerun()
        show(work, jobs)

    st.fragment(look, run_every=seconds_between_looks())()


def _show_jobs(work: Work, jobs: list[AskedJob]) -> None:
    for place, asked in enumerate(jobs):
        share, left = asked.meter.read(asked.job)
        st.progress(share, progress_text(asked.job, left, is_taught=asked.wanted is None))
        if asked.job.proposals:
            st.html(_strip(asked.job.proposals, work.series.summary.slices))
        if asked.person == work.person:
            cancel_button(asked.job, f"proposing-{place}")
        else:
            st.caption(f"Asked for by {plain(asked.person)}, who alone can stop it.")


def _show_first_job(work: Work, jobs: list[AskedJob]) -> None:
    """Show the job that is done first, and a button that stops the person's own first one."""
    first = jobs[0]
    share, left = first.meter.read(first.job)
    text = progress_text(first.job, left, is_taught=first.wanted is None)
    if len(jobs) > 1:
        text += f"; {len(jobs) - 1} more to do"
    others = sorted({one.person for one in jobs} - {work.person})
    if others:
        text += f". Asked for by {', '.join(map(isolated, others))}, who alone can stop it."
    percent = round(100 * share)
    with st.container(horizontal=True, vertical_alignment="center", key="job-in-line"):
        st.html(
            f'<div class="line-bar" role="progressbar" aria-label="Proposing" aria-valuemin="0" '
            f'aria-valuemax="100" aria-valuenow="{percent}"><i style="width:{percent}%"></i></div>'
            f'<p class="line-text">{html.escape(text)}</p>'
        )
        own = [one.job for one in jobs if one.person == work.person]
        if own:
            cancel_button(own[0], "proposing-0")


def cancel_button(job: Job, name: str, effect: str = _KEPT) -> None:
    """Show a button that stops a job.

    Parameters
    ----------
    job : Job
        Not finished.
    name : str
        Tells the buttons of a page apart.
    effect : str
        What becomes of the work that was done, as a sentence.
    """
    st.button(
        "Stopping…" if job.cancelled else "Cancel",
        key=f"cancel-{name}",
        on_click=_cancel,
        # Streamlit keeps arguments after the page has changed, and a job holds its masks.
        args=(weakref.ref(job),),
        disabled=job.cancelled,
        help=effect,
        width="stretch",
    )


def _cancel(reference: "weakref.ref[Job]") -> None:
    job = reference()
    if job is not None:
        job.cancel()


def _strip(proposals: list[Proposal], slices: int) -> str:
    """Draw a tick for every slice: filled once something is proposed there, dark once final."""
    shades = [8] * slices
    for proposal in proposals:
        is_final = proposal.expected_dice is not None
        shade = 80 if is_final else 40 if proposal.mask.any() else 16
        shades[proposal.slice] = max(shades[proposal.slice], shade)
    ticks = "".join(
        '<i style="flex:1 1 0;min-width:0;border-radius:2px;'
        f'background:color-mix(in srgb,currentColor {shade}%,transparent)"></i>'
        for shade in shades
    )
    gap = f"clamp(0px,(100% / {slices} - 2px) * 100,1px)"  # none where ticks would be thinner
    return f'<div style="display:flex;gap:{gap};height:14px" aria-hidden="true">{ticks}</div>'
