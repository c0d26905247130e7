"""The browser's history of the pages that were visited."""

from importlib.resources import files

import streamlit as st


def keep_page_history() -> None:
    """Have the browser keep one entry for each page visited, whatever changes in its query."""
    script = (files("pages.views") / "page_history.js").read_text(encoding="utf-8")
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
