"""Widgets keep their value from page to page, also where the browser has to be told it anew."""

from streamlit.testing.v1 import AppTest


def two_pages() -> None:
    import streamlit as st

    from pages.session.widget_keys import keep_shown, shown_last

    if st.session_state.get("page", 1) == 2:
        return
    sizes = [448, 640, 1024]
    keep_shown("size", st.select_slider("Size", sizes, shown_last("size", 640), key="size"))


def first_shown(app: AppTest) -> float:
    """Place of the value that a browser without any of its own shows and reports."""
    (place,) = app.select_slider[0].proto.default
    return float(place)


def test_a_browser_that_builds_a_widget_again_begins_with_its_value() -> None:
    app = AppTest.from_function(two_pages).run()
    assert app.select_slider[0].value == 640
    assert first_shown(app) == 1
    app.select_slider[0].set_value(1024).run()
    app.run()
    assert first_shown(app) == 2
    assert app.select_slider[0].value == 1024


def test_a_value_outlives_a_change_of_page() -> None:
    app = AppTest.from_function(two_pages).run()
    app.select_slider[0].set_value(448).run()
    app.session_state["page"] = 2
    app.run()
    assert len(app.select_slider) == 0
    app.session_state["page"] = 1
    app.run()
    assert app.select_slider[0].value == 448
    assert first_shown(app) == 0
