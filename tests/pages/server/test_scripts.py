"""Scripts of other projects that pages load from our own server."""

from pages.server.scripts import SCRIPTS
from tests.support.asgi_answers import ask


def test_plotly_comes_from_the_package_that_is_installed_and_is_not_sent_twice() -> None:
    status, headers, body = ask(SCRIPTS, "/scripts/plotly.min.js")
    assert status == 200 and headers["content-type"].startswith("text/javascript")
    assert b"plotly.js v" in body[:200]
    status, _, body = ask(SCRIPTS, "/scripts/plotly.min.js", {"if-none-match": headers["etag"]})
    assert status == 304 and body == b""


def test_nothing_else_of_the_package_is_handed_out() -> None:
    assert ask(SCRIPTS, "/scripts/widgetbundle.js")[0] == 404
