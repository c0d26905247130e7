"""Waiting until something holds on a page whose policy forbids evaluating text later on."""

import time
from typing import Any

from playwright.sync_api import Page

_WITHIN_S = 60.0
_EVERY_MS = 50


def wait_until_true(page: Page, function: str, arg: Any = None) -> Any:
    """Ask a page again and again.

    Playwright's own `wait_for_function` evaluates the text anew inside of the page, which the
    Content-Security-Policy of the server forbids.

    Parameters
    ----------
    page : Page
        The page.
    function : str
        JavaScript function.
    arg : Any
        Its argument.

    Returns
    -------
    Any
        The first value that is true in JavaScript.

    Raises
    ------
    AssertionError
        If there is none within a minute.
    """
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        value = page.evaluate(function, arg)
        if value:
            return value
        page.wait_for_timeout(_EVERY_MS)
    raise AssertionError(f"never true within {_WITHIN_S:.0f} s: {function}")
