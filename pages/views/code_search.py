"""Finding the code of a structure by its name, and colours as widgets write them."""

import streamlit as st

from core.segments.anatomy import AnatomyTerm, search

_MATCHES = 30


def find_term(question: str, key: str) -> AnatomyTerm | None:
    """Search for a code while its name is typed; nothing around the fields moves.

    Parameters
    ----------
    question : str
        What is asked for.
    key : str
        Tells the fields from others.

    Returns
    -------
    AnatomyTerm or None
        The chosen one; None where nothing is found.
    """
    text = st.text_input(
        question,
        placeholder="liver, left kidney, aorta…",
        key=f"{key}-text",
        help="Searches anatomy, tissues, lesions and tumours. The SNOMED CT code is written to the "
        "DICOM-SEG.",
        live=True,
    ).strip()
    terms = search(text, limit=_MATCHES) if text else []
    return st.selectbox(
        "Code",
        terms,
        format_func=lambda term: f"{term.label} ({term.type.value})",
        # A field of its own for each search: the best match is chosen at first.
        key=f"{key}-term-{text}",
        disabled=not terms,
        placeholder="No match: try a more general name" if text else "Type a name above",
    )


def hex_color(color: tuple[int, int, int]) -> str:
    """Colour as ``#rrggbb``."""
    return "#" + bytes(color).hex()


def rgb_color(text: str) -> tuple[int, int, int]:
    """Red, green and blue, each 0 to 255, of what `hex_color` wrote."""
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue
