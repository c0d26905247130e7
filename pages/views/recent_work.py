"""The series that were worked on last, each with what is done and what waits, to carry on with."""

from dataclasses import dataclass

import streamlit as st

from core.annotation.overview import AnnotationOverview, annotation_overview
from core.annotation.store import StoreError
from core.home.opened_series import OpenedSeries
from core.home.recent_series import RecentSeries, note_recent, recent_series
from pages.session.chosen_series import may_look_into, open_store
from pages.session.gate import Entrance
from pages.session.widget_keys import leaving_key
from pages.session.work import Work
from pages.views.banner import person_name, series_name, size_text
from pages.views.formatting import count, plain
from pages.views.thumbnails import series_thumbnail

_MOST = 5
_NAMED = 4  # segments that are named; of more the number is told


@dataclass
class _Noted:
    """Whether this tab has noted that its series was opened."""

    done: bool = False


def note_opened(work: Work) -> None:
    """Keep what people see of a series when they look for it again, once in a tab.

    Series of projects stand in their worklists instead.
    """
    noted = work.memory.part(_Noted)
    if noted.done or work.item is not None:
        return
    noted.done = True
    summary = work.series.summary

    note_recent(
        work.entrance.settings.home,
        work.opened.key,
        f"{series_name(summary)} · {summary.modality}",
        f"{size_text(summary)} · {person_name(summary.patient_name) or 'unnamed patient'} · "
        f"{summary.study_description or 'no study description'}",
        lambda: series_thumbnail(summary),
    )


def offer_recent_work(entrance: Entrance) -> OpenedSeries | None:
    """Show the series that were opened last.

    Parameters
    ----------
    entrance : Entrance
        Settings and person.

    Returns
    -------
    OpenedSeries or None
        The one whose button was pressed.
    """
    chosen = None
    home = entrance.settings.home
    recent = recent_series(home, _MOST, lambda opened: may_look_into(entrance, opened.source))
    if not recent:
        return None
    st.subheader("Continue")
    for number, series in enumerate(recent):
        with st.container(border=True, key=f"recent-{number}"):
            picture, text, button = st.columns([1, 4.2, 1.3], vertical_alignment="center")
            if series.picture is None:
                picture.caption("No preview")
            else:
                picture.image(series.picture, alt=f"Middle slice of recent series {number + 1}")
            with text:
                st.markdown(f"**{plain(series.title)}**")
                st.caption(f"{plain(series.detail)}  \n{_progress(entrance, series)}")
            if button.button(
                "Continue",
                key=leaving_key(f"continue-{number}"),
                type="primary" if number == 0 else "secondary",
                width="stretch",
            ):
                chosen = series.opened
    return chosen


def _progress(entrance: Entrance, series: RecentSeries) -> str:
    """Tell what is annotated and what waits for review, and when the series was opened."""
    when = f"opened {series.time:%Y-%m-%d %H:%M} UTC"
    try:
        store = open_store(entrance.settings.database)
        overview = annotation_overview(store, series.opened.uid)
    except StoreError:
        return when
    if not overview.labels:
        return f"no segments yet · {when}"
    parts = [what_is_drawn(overview)]
    if overview.proposals:
        parts.append(f"**{count(overview.proposals, 'proposal')} to review**")
    return " · ".join([*parts, when])


def what_is_drawn(overview: AnnotationOverview) -> str:
    """Name the segments, and the number of slices with something drawn or accepted."""
    labels = overview.labels
    names = ", ".join(plain(label) for label in labels[:_NAMED])
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return f"{names}{more} · {count(overview.drawn_slices, 'slice')} drawn or accepted"
