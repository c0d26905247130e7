"""First step: find a series and open it."""

import shutil
import tempfile
from pathlib import Path

import streamlit as st

from core.demo import write_demo_series
from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from pages.components.banner import banner
from pages.components.found_series import show_found
from pages.components.gate import NOT_A_MEDICAL_DEVICE, Entrance, enter
from pages.components.library import remember_series
from pages.components.work import choose_series, chosen_summary

FOUND = "series.found"


def look_in(source: Path) -> None:
    """Look for series and keep what was found for the list."""
    st.session_state.pop(FOUND, None)
    try:
        with st.spinner("Looking for series…"):
            found = find_series(source)
    except DicomError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.session_state[FOUND] = (source, found)


def demo_folder(home: Path) -> Path:
    """Return the folder of the demonstration series, made on first use."""
    folder = home / "demo"
    if not folder.is_dir():
        unfinished = Path(tempfile.mkdtemp(prefix="demo-", dir=home))
        write_demo_series(unfinished)
        try:
            unfinished.rename(folder)
        except OSError:  # somebody else made it meanwhile
            shutil.rmtree(unfinished)
    return folder


def ways_in(entrance: Entrance) -> None:
    """Offer the ways to a series: demonstration, upload, folder on the server."""
    with st.container(border=True):
        st.subheader("Try it")
        st.caption("A torso phantom made by Slicewise: no patient, several organs, 48 slices.")
        if st.button(
            "Open the demonstration series", icon=":material/science:", width="stretch", key="demo"
        ):
            look_in(demo_folder(entrance.settings.home))


entrance = enter("series")
banner(chosen_summary(entrance))
left, right = st.columns([1, 2.1], gap="large")
with left:
    ways_in(entrance)
    st.caption(NOT_A_MEDICAL_DEVICE)
with right:
    listed = st.session_state.get(FOUND)
    if listed is None:
        st.info("Choose where the series comes from; what is found there is listed here.")
    else:
        source, found = listed
        st.subheader(f"{len(found)} series found")
        chosen = show_found(found)
        if chosen is not None:
            summary, leave_out = chosen
            choose_series(
                remember_series(
                    entrance.settings.home, summary.uid, source, leave_out_damaged=leave_out
                )
            )
            st.switch_page("pages/annotate.py")
