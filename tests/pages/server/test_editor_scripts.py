"""The scripts of the slice editor, which browsers keep until one of them changes."""

from pages.server.editor_scripts import EDITOR_SCRIPTS, editor_address
from tests.support.asgi_answers import ask


def test_scripts_are_kept_by_browsers_for_good() -> None:
    status, headers, body = ask(EDITOR_SCRIPTS, f"{editor_address()}/model/app.js")
    assert status == 200 and b"export function" in body
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]


def test_the_address_names_what_the_scripts_hold() -> None:
    of_another_version = editor_address()[:-16] + "0" * 16
    assert ask(EDITOR_SCRIPTS, f"{of_another_version}/editor.js")[0] == 404


def test_nothing_but_scripts_of_the_editor_is_handed_out() -> None:
    for path in ("editor.html", "../editor.py", "%2e%2e/editor.py", "missing.js", ""):
        assert ask(EDITOR_SCRIPTS, f"{editor_address()}/{path}")[0] == 404
