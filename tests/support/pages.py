"""What tests of pages say and do: who works, opening a page, reading it, pressing a button."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from streamlit.runtime.state.common import user_key_from_element_id
from streamlit.testing.v1 import AppTest

PERSON = "Test Person"

OpenPage = Callable[..., AppTest]
"""Opens a page by name, with the query of its address by keyword."""


def shown(app: AppTest) -> str:
    """Everything the page says."""
    labels = [checkbox.label for checkbox in app.checkbox]
    parts = [*app.markdown, *app.caption, *app.subheader, *app.error, *app.info]
    html = [element.proto.body for element in elements(app, "html")]
    return "\n".join([*(element.value for element in parts), *html, *labels])


class _Cells(HTMLParser):
    """Collects the cells of a table, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        self._is_cell = tag in ("th", "td")
        if self._is_cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_cell = self._is_cell and tag not in ("th", "td")

    def handle_data(self, data: str) -> None:
        if self._is_cell:
            self.rows[-1][-1] += data


def counts_shown(app: AppTest) -> list[dict[str, str]]:
    """Rows of the table of counts, by heading."""
    (table,) = [one.proto.body for one in elements(app, "html") if "<table" in one.proto.body]
    cells = _Cells()
    cells.feed(table[table.index("<table") :])
    headings, *rows = cells.rows
    return [dict(zip(headings, row, strict=True)) for row in rows]


def elements(app: AppTest, kind: str) -> list[Any]:
    """Elements of a kind for which Streamlit's tests have no class of their own."""
    return list(app.get(kind))


def press(app: AppTest, label: str) -> AppTest:
    """Press the first button with a label."""
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


def open_menu(app: AppTest, name: str) -> AppTest:
    """Open a menu, whose fields are made only then."""
    (menu,) = [one for one in elements(app, "popover") if one.proto.popover.label == name]
    key = user_key_from_element_id(menu.proto.popover.id)
    assert key is not None
    app.session_state[key] = True
    app.run()
    assert not app.exception
    return app
