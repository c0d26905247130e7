"""Which requests come from our own pages, by their headers alone."""

import pytest

from pages.server.origins import is_named, refusal


def test_a_name_counts_with_any_port_in_capitals_and_for_all_below_it() -> None:
    for host in ("a.example.org", "A.EXAMPLE.org:8501", "b.a.example.org"):
        assert is_named(host, ["*.example.org"])
    assert is_named("[::1]:80", ["::1"]) and is_named("[::1]", ["[::1]"])


@pytest.mark.parametrize(
    "host", ["example.org", "a.example.org.", "xexample.org", "a.example.org:", "", "a b", "::1"]
)
def test_every_other_name_does_not(host: str) -> None:
    assert not is_named(host, ["*.example.org", "::1"])


def test_behind_a_proxy_that_encrypts_the_scheme_may_differ_but_not_the_name() -> None:
    headers = {"host": ["a.example.org"], "origin": ["https://a.example.org"]}
    assert refusal("websocket", "GET", headers, ["a.example.org"], []) == ""
    headers["origin"] = ["https://b.example.org"]
    assert refusal("websocket", "GET", headers, ["a.example.org"], []) != ""


def test_another_site_may_be_let_in_by_its_whole_origin() -> None:
    headers = {"host": ["localhost"], "origin": ["https://example.org"]}
    assert refusal("http", "PUT", headers, ["localhost"], ["https://example.org"]) == ""
    assert refusal("http", "PUT", headers, ["localhost"], ["http://example.org"]) != ""
