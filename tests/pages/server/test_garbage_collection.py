"""Collecting garbage at intervals, instead of after every run of a page."""

import gc
import time
import weakref
from collections.abc import Iterator

import pytest
from streamlit import config

from pages.server.garbage_collection import collect_at_intervals

WITHIN_S = 60


class Node:
    """Refers to itself, so that only the garbage collection frees it."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture
def own_rule_off() -> Iterator[None]:
    """Python by itself collects nothing."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("own_rule_off")
def test_what_refers_to_itself_is_freed_after_a_while() -> None:
    node = weakref.ref(Node())
    assert node() is not None
    stop = collect_at_intervals(0.01)
    deadline = time.monotonic() + WITHIN_S
    while node() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    assert node() is None


def test_streamlit_itself_collects_nothing_after_a_run() -> None:
    assert config.get_option("runner.postScriptGC") is False
