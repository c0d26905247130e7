"""Choosing which finished series a new one is proposed from, and what is said meanwhile."""

import streamlit as st

from core.annotation.overview import AnnotationOverview, annotation_overview
from core.annotation.store import StoreError
from core.home.recent_series import RecentSeries, recent_series
from core.home.teaching_choices import (
    MOST_TEACHERS,
    TeachingChoice,
    recall_teaching,
    remember_teaching,
)
from pages.session.chosen_series import may_look_into, open_store
from pages.session.gate import Entrance
from pages.session.proposal_jobs import asked_jobs, seconds_between_looks
from pages.session.teaching import (
    Teacher,
    choose_teaching,
    chosen_among,
    may_be_taught,
    possible_teachers,
    teach,
    teaching_choice,
)
from pages.session.widget_keys import leaving_key
from pages.session.work import Work
from pages.views.formatting import plain
from pages.views.job_progress import show_progress
from pages.views.recent_work import what_is_drawn

_RECENT = 12
_HELP = (
    "Before anything is drawn on a series, it is proposed from earlier ones of the same modality "
    "and plane. Nothing that was drawn changes."
)


def choose_teachers(work: Work) -> None:
    """Let the person choose how many finished series teach, and which; or ask for it now.

    Parameters
    ----------
    work : Work
        Series being worked on.
    """
    possible = possible_teachers(work)
    choice = teaching_choice(work)
    most = st.selectbox(
        "Propose new series from earlier ones",
        range(MOST_TEACHERS + 1),
        choice.most,
        format_func=lambda number: f"From up to {number}" if number else "Off",
        key="teaching-most",
        help=_HELP,
    )
    series = choice.series if work.item is None else _choose_among(possible, choice)
    newer = TeachingChoice(most, series)
    if newer != choice:
        choose_teaching(work, newer)
    if work.item is None:
        number = len(possible) if possible else "none yet"
        st.caption(f"Chosen on the Series page: {number}.")
    elif not possible:
        st.caption("No series of this project is handed in now.")
    elif most and not chosen_among(possible, newer):
        st.caption("None of those chosen is handed in now.")
    st.button(
        "Propose from them now",
        key=leaving_key("teach"),
        disabled=not chosen_among(possible, newer) or not may_be_taught(work),
        help="Until something is drawn on this series.",
        on_click=teach,
        args=(work,),
        width="stretch",
    )


def _choose_among(possible: list[Teacher], choice: TeachingChoice) -> tuple[str, ...]:
    """Let the person choose among the finished series of the project.

    Those that were chosen and are not handed in any more stay chosen, until the person takes them
    out: else all series would teach again as soon as those chosen are returned.
    """
    titles = {one.key: one.title for one in possible}
    returned = [key for key in choice.series if key not in titles]
    titles |= {key: f"Not handed in now ({at})" for at, key in enumerate(returned, start=1)}
    chosen = st.multiselect(
        "Only from these",
        list(titles),
        choice.series,
        format_func=lambda key: titles.get(key, ""),
        placeholder="All that are handed in, newest first",
        disabled=not titles,
        key="teaching-series",
    )
    return tuple(chosen)


def watch_teaching(work: Work) -> None:
    """Show how far proposals from other series are, where there are no segments to show yet."""
    if not asked_jobs(work):
        return

    def look() -> None:
        if work.segments() or not asked_jobs(work):
            st.rerun()
        show_progress(work)

    st.fragment(look, run_every=seconds_between_looks())()


def choose_recent_teachers(entrance: Entrance) -> None:
    """Let the person choose annotated series, outside projects, that the next ones learn from.

    Parameters
    ----------
    entrance : Entrance
        Settings and person.
    """
    home, person = entrance.settings.home, entrance.person
    recent = recent_series(home, _RECENT, lambda opened: may_look_into(entrance, opened.source))
    annotated = [
        (one, overview)
        for one in recent
        if (overview := _overview(entrance, one)) is not None and overview.teaches
    ]
    if not annotated:
        return
    choice = recall_teaching(home, person, "")
    listed = [one.opened.key for one, _ in annotated]
    taught = [key for key in listed if key in choice.series]
    name = f"{len(taught)} earlier series" if taught else "none"
    with st.expander(f"Propose from: {name}", icon=":material/school:", key="teachers"):
        st.caption(
            "A series that you open next is proposed from those that you choose here, if it has "
            "the same modality and plane and nothing is drawn on it."
        )
        chosen = [
            one.opened.key
            for one, overview in annotated
            if st.checkbox(
                f"{plain(one.title)} · {plain(one.detail)}  \n{what_is_drawn(overview)}",
                one.opened.key in choice.series,
                key=f"teacher-{one.opened.key}",
            )
        ]
    if chosen != taught:
        remember_teaching(home, person, "", TeachingChoice(choice.most, tuple(chosen)))
        st.rerun()


def _overview(entrance: Entrance, series: RecentSeries) -> AnnotationOverview | None:
    try:
        return annotation_overview(open_store(entrance.settings.database), series.opened.uid)
    except StoreError:
        return None
