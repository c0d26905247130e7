"""Finding the code of a structure by its name, and colours as widgets write them."""

from typing import Any

import streamlit as st

from core.segments.anatomy import AnatomyTerm, search

_MATCHES = 30


def find_term(question: str, key: str, entered: dict[str, Any] | None = None) -> AnatomyTerm | None:
    """Search for a code while its name is typed; nothing around the fields moves.

    Parameters
    ----------
    question : str
        What is asked for.
    key : str
        Tells the fields from others.
    entered : dict of str to Any, optional
        Where what is entered is kept while the fields are not shown.

    Returns
    -------
    AnatomyTerm or None
        The chosen one; None where nothing is found.
    """
    entered = {} if entered is None else entered
    typed, chosen = f"{key}-text", f"{key}-term"
    entered[typed] = st.text_input(
        question,
        value=entered.get(typed, ""),
        placeholder="liver, left kidney, aorta…",
        key=typed,
        help="Searches anatomy, tissues, lesions and tumours. The SNOMED CT code is written to the "
        "DICOM-SEG.",
        live=True,
    )
    text = entered[typed].strip()
    terms = search(text, limit=_MATCHES) if text else []
    searched, term = entered.get(chosen, ("", None))
    term = st.selectbox(
        "Code",
        terms,
        index=terms.index(term) if searched == text and term in terms else 0,
        format_func=lambda term: f"{term.label} ({term.type.value})",
        # A field of its own for each search: the best match is chosen at first.
        key=f"{chosen}-{text}",
        disabled=not terms,
        placeholder="No match: try a more general name" if text else "Type a name above",
    )
    entered[chosen] = text, term
    return term


def hex_color(color: tuple[int, int, int]) -> str:
    """Colour as ``#rrggbb``."""
    return "#" + bytes(color).hex()


def rgb_color(text: str) -> tuple[int, int, int]:
    """Red, green and blue, each 0 to 255, of what `hex_color` wrote."""
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue
