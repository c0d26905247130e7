"""Messages name the files that a person chose, not their copies."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    from pathlib import Path

    import streamlit as st

    from pages.session.own_names import remember_names, with_own_names

    remember_names(Path("/home/uploads/aa"), ["Müller.dcm", "a\nb.dcm"], within=False)
    remember_names(Path("/home/uploads/bb"), ["scans.zip"], within=True)
    for text in ("aa/000001 is cut short", "aa/000002 is none", "bb/000012 is none", "cc/000001"):
        st.text(with_own_names(text))


def test_copies_are_named_as_the_person_knows_them() -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert [one.value for one in app.text] == [
        "Müller.dcm is cut short",
        "a\\nb.dcm is none",
        "a file in scans.zip is none",
        "cc/000001",
    ]
