"""Tables of short texts that come from people, with headings for those who do not see them."""

import html
from collections.abc import Collection, Sequence

import streamlit as st

from core.dicom.shown_names import isolated
from pages.views.code_search import hex_color

_STYLE = """
<style>
.texts {max-height: 62vh; overflow: auto;}
.texts table {width: 100%; border-collapse: collapse; font-size: 0.875rem;}
.texts :is(th, td) {
  padding: 0.3rem 0.6rem 0.3rem 0; text-align: start; font-weight: 400; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent);
  overflow-wrap: anywhere; white-space: pre-line;
}
.texts thead th {font-size: 0.8rem; opacity: 0.85; white-space: nowrap; vertical-align: bottom;}
.texts .number {text-align: end; font-variant-numeric: tabular-nums; overflow-wrap: normal;}
.texts .swatch {display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 2px;
  margin-inline-end: 0.4rem; vertical-align: -1px;}
</style>
"""


def text_table(
    name: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Collection[int] = (),
    colors: Sequence[tuple[int, int, int]] = (),
) -> None:
    """Show a table; every text is shown as it is, whatever markup it contains.

    Parameters
    ----------
    name : str
        What it is, for those who do not see it.
    headings : sequence of str
        One for each column.
    rows : sequence of sequence of str
        The first text of each is its heading.
    numbers : collection of int
        Columns of numbers, counted from 0.
    colors : sequence of tuple of int
        For each row, shown before its first text; none by default.
    """
    kinds = [' class="number"' if place in numbers else "" for place in range(len(headings))]
    head = "".join(
        f'<th scope="col"{kind}>{html.escape(heading)}</th>'
        for heading, kind in zip(headings, kinds, strict=True)
    )
    body = ""
    for place, row in enumerate(rows):
        first, *rest = (html.escape(isolated(text)) for text in row)
        swatch = ""
        if colors:
            swatch = f'<span class="swatch" style="background: {hex_color(colors[place])}"></span>'
        cells = "".join(
            f'<td dir="auto"{kind}>{text}</td>' for text, kind in zip(rest, kinds[1:], strict=True)
        )
        body += f'<tr><th scope="row" dir="auto"{kinds[0]}>{swatch}{first}</th>{cells}</tr>'
    # What scrolls can be reached with the keyboard as well.
    st.html(
        f'{_STYLE}<div class="texts" role="region" aria-label="{html.escape(name)}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
