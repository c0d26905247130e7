"""The text that says whether everything drawn is on disk: saved, saving, or not saved."""

from importlib.resources import files

import streamlit as st

from pages.simple_canvas.interface import Tool

_CSS = """
.save-state {display: inline-flex; font: 600 13px var(--st-font, sans-serif); padding: 6px 0;
             white-space: nowrap; overflow: hidden; text-overflow: ellipsis;}
.save-state::before {content: "●"; margin-right: 5px;}
.save-state[data-state="saved"] {color: #009e73;}
.save-state[data-state="saving"] {color: #d98200;}
.save-state[data-state="open"] {color: #d98200;}
.save-state[data-state="problem"] {color: #d55e00;}
"""


def save_state(strokes: dict[str, int], tool: Tool, *, problem: bool) -> None:
    """Show the text.

    Parameters
    ----------
    strokes : dict of str to int
        Strokes known to be on disk, by the key of the canvas they were made on.
    tool : Tool
        What the pointer does.
    problem : bool
        Whether the last stroke could not be stored.
    """
    component = st.components.v2.component(
        "slicewise_save_state",
        html='<span class="save-state" role="status" aria-live="polite"></span>',
        css=_CSS,
        js=(files("pages.simple_canvas") / "save_state.js").read_text(encoding="utf-8"),
    )
    component(data={"stored": strokes, "tool": str(tool), "problem": problem}, key="save-state")
