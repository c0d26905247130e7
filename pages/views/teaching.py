"""Choosing which finished series a new one is proposed from, and what is said meanwhile."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

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
from pages.session.proposal_jobs import asked_jobs, seconds_between_looks, training_job
from pages.session.proposal_progress import training_text
from pages.session.teaching import (
    Teacher,
    change_teaching,
    chosen_among,
    may_be_taught,
    possible_teachers,
    teach,
    trained_on,
    unchosen_among,
)
from pages.session.teaching_choice import teaching_choice
from pages.session.widget_keys import leaving_key
from pages.session.work import Work
from pages.views.formatting import plain
from pages.views.job_progress import cancel_button, show_progress
from pages.views.recent_work import what_is_drawn

_RECENT = 12
_MOST, _SERIES, _TRAINS = "teaching-most", "teaching-series", "teaching-trains"
_HELP = (
    "Before anything is drawn on a series, it is proposed from earlier ones of the same modality "
    "and plane. Nothing that was drawn changes."
)

_NOT_KEPT = "What was learned so far is not kept. Ticking the box above anew begins again."


def choose_teachers(work: Work) -> None:
    """Let the person choose how many finished series teach, and which; or ask for it now.

    Parameters
    ----------
    work : Work
        Series being worked on.
    """
    possible = possible_teachers(work)
    choice = teaching_choice(work)
    # What was chosen in another tab since counts, until something is chosen here.
    st.session_state[_MOST] = choice.most
    st.selectbox(
        "Propose new series from earlier ones",
        range(MOST_TEACHERS + 1),
        format_func=lambda number: f"From up to {number}" if number else "Off",
        key=_MOST,
        help=_HELP,
        on_change=lambda: _choose(work, most=st.session_state[_MOST]),
    )
    st.session_state[_TRAINS] = choice.asks_trained
    st.checkbox(
        "Train on them while you work",
        disabled=not choice.most,
        key=_TRAINS,
        help="Where three or more of them show a structure, the network is trained on it for a "
        "minute or more, and what is proposed once you have drawn a slice is better. Everything "
        "else goes before it, and it goes on only while somebody has this series open. Without the "
        "tick, a network that was trained is not used. Where other series are chosen meanwhile, it "
        "begins anew.",
        on_change=lambda: _choose(work, trains=st.session_state[_TRAINS]),
    )
    can_ask = bool(chosen_among(possible, choice)) and may_be_taught(work)
    _show_training(work, choice, can_ask=can_ask)
    if work.item is None:
        nobody = "none that is still there" if choice.series else "none yet"
        st.caption(f"Chosen on the Series page: {len(possible) or nobody}.")
    else:
        _choose_among(work, possible, choice)
        if not possible:
            st.caption("No other series of this project is handed in now.")
        elif choice.most and not chosen_among(possible, choice):
            st.caption("None of those chosen is handed in now.")
    st.button(
        "Propose from them now",
        key=leaving_key("teach"),
        disabled=not can_ask,
        help="Until something is drawn on this series.",
        on_click=teach,
        args=(work,),
        width="stretch",
    )


def _show_training(work: Work, choice: TeachingChoice, *, can_ask: bool) -> None:
    """Show how far the network is trained, with a way to stop, or on how many series it was."""
    asked = training_job(work)
    if asked is None:
        if learned := trained_on(work):
            st.caption(_trained_text(work, choice, learned, can_ask=can_ask))
        return

    def look() -> None:
        running = training_job(work)
        if running is None:
            st.rerun()
        share, left = running.meter.read(running.job)
        text = training_text(running.job, left, is_behind=bool(asked_jobs(work)))
        st.progress(share, text)
        if running.person == work.person:
            cancel_button(running.job, "training", _NOT_KEPT)
        else:
            st.caption(f"Asked for by {plain(running.person)}, who alone can stop it.")

    st.fragment(look, run_every=seconds_between_looks())()


def _trained_text(
    work: Work, choice: TeachingChoice, learned: Collection[str], *, can_ask: bool
) -> str:
    """Say on how many series the network was trained, and which of that does not follow the choice.

    Parameters
    ----------
    work : Work
        Series being worked on.
    choice : TeachingChoice
        What the person chose.
    learned : collection of str
        Series Instance UIDs of those that it was trained on.
    can_ask : bool
        Whether the person may have the series proposed from those chosen.
    """
    text = f"Trained on {len(learned)} earlier series"
    if not choice.asks_trained:
        return f"{text}; not used while this is off."
    unchosen = unchosen_among(work, learned)
    if not unchosen:
        return f"{text}."
    until = " until “Propose from them now”" if can_ask else ""
    return f"{text}, {unchosen} of which not chosen now: used all the same{until}."


def _choose_among(work: Work, possible: list[Teacher], choice: TeachingChoice) -> None:
    """Let the person choose among the finished series of the project.

    Those that were chosen and are not handed in any more stay chosen, until the person takes them
    out: else all series would teach again as soon as those chosen are returned.
    """
    titles = {one.key: one.title for one in possible}
    returned = [key for key in choice.series if key not in titles]
    titles |= {key: f"Not handed in now ({at})" for at, key in enumerate(returned, start=1)}
    st.session_state[_SERIES] = list(choice.series)
    st.multiselect(
        "Only from these",
        list(titles),
        format_func=lambda key: titles.get(key, ""),
        placeholder="All, newest first",
        disabled=not titles,
        key=_SERIES,
        on_change=lambda: _choose(work, series=tuple(st.session_state[_SERIES])),
    )


def _choose(work: Work, **changed: Any) -> None:
    change_teaching(work, replace(teaching_choice(work), **changed))


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
    choice = recall_teaching(home, person, "")
    recent = recent_series(
        home, _RECENT, lambda opened: may_look_into(entrance, opened.source), choice.series
    )
    annotated = [
        (one, overview)
        for one in recent
        if (overview := _overview(entrance, one)) is not None and overview.teaches
    ]
    if not annotated:
        return
    listed = [one.opened.key for one, _ in annotated]
    taught = [key for key in listed if key in choice.series]
    name = f"{len(taught)} earlier series" if taught else "none"
    if taught and len(taught) > choice.most:
        name = f"{choice.most} of {name}" if choice.most else "off"
    with st.expander(f"Propose from: {name}", icon=":material/school:", key="teachers"):
        st.caption(
            "A series that you open next is proposed from those that you choose here, if it has "
            "the same modality and plane and nothing is drawn on it. " + _how_many(choice.most)
        )
        for one, overview in annotated:
            key = one.opened.key
            st.session_state[_tick(key)] = key in choice.series
            st.checkbox(
                f"{plain(one.title)} · {plain(one.detail)}  \n{what_is_drawn(overview)}",
                key=_tick(key),
                on_change=_choose_recent,
                args=(entrance, key, listed),
            )


def _choose_recent(entrance: Entrance, key: str, listed: list[str]) -> None:
    """Keep that one of the series listed was ticked or not, beside what was chosen elsewhere."""
    home, person = entrance.settings.home, entrance.person
    choice = recall_teaching(home, person, "")
    others = set(choice.series) - {key}
    wanted = others | {key} if st.session_state[_tick(key)] else others
    series = tuple(one for one in listed if one in wanted)
    remember_teaching(home, person, "", replace(choice, series=series))


def _tick(key: str) -> str:
    return f"teacher-{key}"


def _how_many(most: int) -> str:
    if not most:
        return "This is off now; the settings beside the editor turn it on."
    return f"How many teach at most is chosen in the settings beside the editor: {most} now."


def _overview(entrance: Entrance, series: RecentSeries) -> AnnotationOverview | None:
    try:
        return annotation_overview(open_store(entrance.settings.database), series.opened.uid)
    except StoreError:
        return None
