"""Scripts of fields, as the installed Streamlit names them."""

from pages.server.field_scripts import _FIELDS, _FOLDER, field_addresses


def test_every_field_has_one_script() -> None:
    for name in _FIELDS:
        assert len(list(_FOLDER.glob(f"{name}.*.js"))) == 1, name
    assert len(field_addresses()) == len(_FIELDS)


def test_streamlit_itself_asks_for_them_at_these_addresses() -> None:
    text = "".join(path.read_text() for path in _FOLDER.glob("index.*.js"))
    for address in field_addresses():
        assert f"import(`./{address.removeprefix('/static/js/')}`)" in text
