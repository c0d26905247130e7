"""Which series and annotation a tab works on: what its address names, if its person may see it."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.annotation.store import AnnotationStore
from core.dicom.errors import DicomError
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries, recall_series
from core.home.project_uploads import projects_with
from core.projects.projects import projects_of
from core.projects.records import AccessRefused, WorkItem
from core.projects.visibility import require_seeing
from pages.server.tabs import this_tab
from pages.session.audit_log import client_address
from pages.session.gate import Entrance
from pages.session.opening import opened_summary, series_in_use

_CHOSEN = "work.series"
_SERIES, _ANNOTATION = "series", "annotation"


@dataclass(frozen=True)
class ChosenSeries:
    """A series that the person may see, and which annotation of it is meant.

    Attributes
    ----------
    opened : OpenedSeries
        Key and location.
    item : WorkItem or None
        Reading of a project; None outside projects.
    """

    opened: OpenedSeries
    item: WorkItem | None = None

    @property
    def annotation_key(self) -> str:
        """Key by which the store knows the annotation."""
        return self.item.annotation_key if self.item is not None else self.opened.uid

    @property
    def key(self) -> str:
        """Names the annotation to browsers and in folders, without telling the UID."""
        return place_key(self.opened.key, self.item)


def place_key(opened_key: str, item: WorkItem | None) -> str:
    """Name of an annotation: the readings of a series in a project have the same opened key."""
    return opened_key if item is None else f"{opened_key}-{item.annotation_key}"


@st.cache_resource(show_spinner=False)
def open_store(url: str) -> AnnotationStore:
    """Store behind a database URL, one for all sessions, for what is not about one person."""
    return AnnotationStore(url, client_address)


def choose_series(opened: OpenedSeries, item: WorkItem | None = None) -> None:
    """Open a series in this tab, in a project or outside."""
    series_in_use().close(this_tab())
    _remember(opened.key, item.annotation_key if item is not None else "")
    st.query_params.clear()


def choose_work(entrance: Entrance, item: WorkItem) -> None:
    """Open a reading of a project in this tab.

    Raises
    ------
    AccessRefused
        If the person may not see it.
    """
    choose_series(_admitted(entrance, item.opened_key, item.annotation_key).opened, item)


def chosen_series(entrance: Entrance) -> ChosenSeries | None:
    """Return what is open in this tab, for as long as its person may see it.

    Other pages than the first name it in their address, and addresses come back by the browser's
    history: the address decides.

    Parameters
    ----------
    entrance : Entrance
        From the gate.

    Returns
    -------
    ChosenSeries or None
        None where nothing is open.

    Raises
    ------
    AccessRefused
        If the person may not see it, or there is no such series or annotation.
    StoreError
        If the store cannot be read.
    """
    key, annotation_key = _named()
    return _admitted(entrance, key, annotation_key) if key else None


def keep_chosen(chosen: ChosenSeries) -> None:
    """Have this tab and its address name what is open."""
    item = chosen.item
    annotation_key = item.annotation_key if item is not None else ""
    _remember(chosen.opened.key, annotation_key)
    if st.query_params.get(_SERIES) != chosen.opened.key:
        st.query_params[_SERIES] = chosen.opened.key
    if st.query_params.get(_ANNOTATION, "") != annotation_key:
        if annotation_key:
            st.query_params[_ANNOTATION] = annotation_key
        else:
            del st.query_params[_ANNOTATION]


def forget_chosen() -> None:
    """Have nothing open in this tab any more."""
    st.session_state.pop(_CHOSEN, None)
    st.query_params.clear()


def chosen_or_none(entrance: Entrance) -> ChosenSeries | None:
    """Return what is open in this tab, if anything and if its person may see it."""
    try:
        return chosen_series(entrance)
    except AccessRefused:
        return None


def chosen_summary(entrance: Entrance, chosen: ChosenSeries | None) -> SeriesSummary | None:
    """Summary of a series that is open in this tab; None where it cannot be read."""
    if chosen is None:
        return None
    try:
        return opened_summary(entrance.settings.home, chosen.opened)
    except DicomError:
        return None


def may_look_into(entrance: Entrance, folder: Path) -> bool:
    """Whether a person may see what lies in a folder: of uploads of projects, only members may."""
    keys = projects_with(entrance.settings.home, folder)
    if not keys:
        return True
    store, person = open_store(entrance.settings.database), entrance.person
    member_of = (*projects_of(store, person), *projects_of(store, person, archived=True))
    return not keys.isdisjoint(one.key for one in member_of)


def _named() -> tuple[str, str]:
    """Series and annotation that the address names, else what this tab had open."""
    named = st.query_params.get(_SERIES, "")
    if named:
        return named, st.query_params.get(_ANNOTATION, "")
    kept: tuple[str, str] = st.session_state.get(_CHOSEN, ("", ""))
    return kept


def _remember(key: str, annotation_key: str) -> None:
    st.session_state[_CHOSEN] = (key, annotation_key)


def _admitted(entrance: Entrance, key: str, annotation_key: str) -> ChosenSeries:
    """Series and annotation of these keys, from anywhere; the same refusal for all others."""
    opened = recall_series(entrance.settings.home, key)
    item = None
    if annotation_key:
        store = open_store(entrance.settings.database)
        item = require_seeing(store, annotation_key, entrance.person)
        if item is None or item.opened_key != key:
            raise AccessRefused
    if opened is None or opened.project_key != (item.project_key if item is not None else ""):
        raise AccessRefused
    if item is None and not may_look_into(entrance, opened.source):
        raise AccessRefused
    return ChosenSeries(opened, item)
