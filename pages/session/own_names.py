"""Names that people know of files, in place of those of the copies that messages tell of.

The names are kept in the session alone, never on the disk: they often hold patients' names.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from core.dicom.files import file_label
from core.dicom.shown_names import isolated, printable

_NAMES = "own-names"


def remember_names(folder: Path, names: Iterable[str], *, within: bool) -> None:
    """Keep the names of files that were uploaded.

    Parameters
    ----------
    folder : pathlib.Path
        Where the copies are, numbered from 1 as `core.home.uploads.store_upload` does.
    names : iterable of str
        As the person knows them, in the same order.
    within : bool
        Whether archives were among them, whose members were numbered as well: then it is only
        known which uploads a copy may come from.
    """
    shown = [isolated(printable(name)) for name in names]
    known: dict[str, str] = st.session_state.setdefault(_NAMES, {})
    if within:
        known[f"{folder.name}/"] = f"a file in {', '.join(shown)}"
        return
    for number, name in enumerate(shown, start=1):
        known[file_label(folder / f"{number:06d}")] = name


def with_own_names(text: str) -> str:
    """Put names that the person knows in place of those of copies."""
    known: dict[str, str] = st.session_state.get(_NAMES, {})
    for label, name in known.items():
        if label.endswith("/"):
            text = name.join(re.split(rf"{re.escape(label)}\d+", text))
        else:
            text = text.replace(label, name)
    return text
