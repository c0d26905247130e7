"""What the log tells of requests: never their address."""

import asyncio
import logging
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pages.server.request_log import RequestLog


def answer(request: object) -> PlainTextResponse:
    return PlainTextResponse("here", 203)


Ask = Callable[[str, dict[str, str]], None]


@pytest.fixture
def ask(caplog: pytest.LogCaptureFixture) -> Ask:
    """Send a request for an address, with headers."""
    caplog.set_level(logging.INFO, "slicewise.events")
    app = RequestLog(Starlette(routes=[Route("/{path:path}", answer)]))

    async def get(address: str, headers: dict[str, str]) -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            await client.get(address, headers=headers)

    return lambda address, headers: asyncio.run(get(address, headers))


def details(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    """Of the only event."""
    (record,) = [one for one in caplog.records if one.name == "slicewise.events"]
    assert record.msg == "request"
    return dict(vars(record)["slicewise_details"])


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("/media/Mustermann.dcm", "file"),
        ("/_stcore/upload_file/a/b", "streamlit"),
        ("/annotate?series=abc", "page"),
        ("/Mustermann/Erika", "page"),
    ],
)
def test_a_request_is_told_by_the_part_that_answers(
    ask: Ask, caplog: pytest.LogCaptureFixture, address: str, part: str
) -> None:
    ask(address, {})
    told = details(caplog)
    assert (told["method"], told["part"], told["status"]) == ("get", part, 203)
    assert "Mustermann" not in str(told)


def test_a_request_keeps_the_identifier_that_a_proxy_gave_it(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    ask("/", {"X-Request-ID": "0123456789abcdef0123456789abcdef"})
    assert details(caplog)["request"] == "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("given", ["Mustermann", "1.2.840.10008", ""])
def test_any_other_identifier_is_replaced(
    ask: Ask, caplog: pytest.LogCaptureFixture, given: str
) -> None:
    ask("/", {"X-Request-ID": given})
    identifier = str(details(caplog)["request"])
    assert len(identifier) == 16
    assert int(identifier, 16) >= 0
