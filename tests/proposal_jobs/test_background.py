"""Work that nobody waits for, beside work that people wait for."""

import threading
import time
from functools import partial

from core.proposal_jobs.turns import Turns
from tests.proposal_jobs.test_turns import steps_until
from tests.support import queued_work


def test_what_nobody_waits_for_stands_still_until_all_else_is_done() -> None:
    submit = partial(queued_work.submit, Turns())
    stop, stop_behind = threading.Event(), threading.Event()
    times: list[tuple[float, str]] = []
    behind = submit(
        steps_until(stop_behind, times, "behind"), person="Anna", slices=900, is_background=True
    )
    time.sleep(0.1)
    assert times
    long = submit(steps_until(stop, times, "Anna"), person="Anna", slices=900)
    time.sleep(0.2)
    begun = len(times)
    time.sleep(0.7)  # longer than a turn
    assert {who for _, who in times[begun:]} == {"Anna"}
    stop.set()
    assert long.wait(30)
    begun = len(times)
    time.sleep(0.3)
    assert len(times) > begun and not behind.finished
    stop_behind.set()
    assert behind.wait(30)
