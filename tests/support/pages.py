"""What tests of pages say and do: who works, opening a page, reading it, pressing a button."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

PERSON = "Test Person"

OpenPage = Callable[..., AppTest]
"""Opens a page by name, with the query of its address by keyword."""


def shown(app: AppTest) -> str:
    """Everything the page says."""
    labels = [checkbox.label for checkbox in app.checkbox]
    parts = [*app.markdown, *app.caption, *app.subheader, *app.error, *app.info]
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([*(element.value for element in parts), *html, *labels])


def press(app: AppTest, label: str) -> AppTest:
    """Press the first button with a label."""
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app
