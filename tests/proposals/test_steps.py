"""Steps are counted and reported from any thread, and end the work when asked to."""

import threading

import pytest

from core.proposals.steps import Cancelled, Steps


def test_progress_is_reported_with_what_is_expected() -> None:
    reported: list[tuple[int, int]] = []
    steps = Steps(progress=lambda done, total: reported.append((done, total)))
    steps.expect(3)
    steps.done(2)
    steps.expect(2)
    steps.done(1)
    steps.finish()
    assert reported == [(2, 3), (3, 5), (5, 5)]


def test_more_steps_than_expected_are_never_more_than_all() -> None:
    reported: list[tuple[int, int]] = []
    steps = Steps(progress=lambda done, total: reported.append((done, total)))
    steps.expect(1)
    steps.done(2)
    assert reported == [(2, 2)]


def test_asking_whether_to_go_on_reports_nothing() -> None:
    reported: list[int] = []
    Steps(progress=lambda done, total: reported.append(done)).done()
    assert reported == []


def test_work_that_was_given_up_ends_at_its_next_step() -> None:
    given_up = threading.Event()
    steps = Steps(given_up.is_set)
    steps.done(1)
    given_up.set()
    with pytest.raises(Cancelled):
        steps.done()


def test_several_threads_count_together() -> None:
    reported: list[int] = []
    steps = Steps(progress=lambda done, total: reported.append(done))

    def count_two_hundred() -> None:
        for _ in range(200):
            steps.done(1)

    threads = [threading.Thread(target=count_two_hundred) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reported == list(range(1, 801))
