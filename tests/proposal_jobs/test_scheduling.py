"""Whose proposals are computed next."""

import pytest

from core.proposal_jobs.scheduling import PEOPLE_AT_ONCE, SHORT, QueuedWork, ahead_of, next_work


def work(
    person: str,
    slices: int = 100,
    left: float | None = None,
    begun: bool = False,
    background: bool = False,
) -> QueuedWork:
    return QueuedWork(person, slices, slices if left is None else left, begun, background)


def test_nothing_follows_an_empty_queue() -> None:
    assert next_work([], {}) is None


@pytest.mark.parametrize("begun", [False, True])
def test_short_work_goes_before_long_work_whoever_asks_for_it(begun: bool) -> None:
    queue = [work("Anna", begun=begun), work("Anna", SHORT)]
    assert next_work(queue, {"Anna": 9.0}) == 1
    assert next_work([*queue, work("Ben", 1)], {"Anna": 9.0, "Ben": 1.0}) == 2


def test_short_work_that_has_begun_is_ended_first() -> None:
    queue = [work("Anna", 1), work("Ben", 2, begun=True)]
    assert next_work(queue, {"Anna": 0.0, "Ben": 5.0}) == 1


def test_who_has_had_less_time_is_next() -> None:
    queue = [work("Anna", begun=True), work("Ben", begun=True), work("Cleo")]
    assert next_work(queue, {"Anna": 3.0, "Ben": 2.0, "Cleo": 2.5}) == 1


def test_of_one_persons_work_the_smallest_is_next_and_what_has_begun_goes_on() -> None:
    queue = [work("Anna", 900), work("Anna", 100), work("Anna", 500)]
    assert next_work(queue, {}) == 1
    assert next_work([work("Anna", 900, begun=True), *queue[1:]], {}) == 0


def test_no_more_than_a_few_peoples_work_has_begun_at_once() -> None:
    people = [f"person {at}" for at in range(PEOPLE_AT_ONCE + 2)]
    queue = [work(person, begun=at < PEOPLE_AT_ONCE) for at, person in enumerate(people)]
    used = {person: 10.0 - at for at, person in enumerate(people)}
    assert next_work(queue, used) == PEOPLE_AT_ONCE - 1
    assert ahead_of(queue, 0) == []
    assert ahead_of(queue, PEOPLE_AT_ONCE) == list(range(PEOPLE_AT_ONCE))
    assert ahead_of(queue, PEOPLE_AT_ONCE + 1) == list(range(PEOPLE_AT_ONCE + 1))


def test_what_begins_at_once_has_nothing_ahead() -> None:
    assert ahead_of([work("Anna", begun=True), work("Ben")], 1) == []


def test_own_work_that_is_smaller_or_has_begun_is_ahead() -> None:
    queue = [work("Anna", 900), work("Ben"), work("Anna", 100), work("Anna", 500)]
    assert ahead_of(queue, 0) == [2, 3]
    assert ahead_of(queue, 2) == []
    assert ahead_of([work("Anna", 900, begun=True), *queue[1:]], 2) == [0]


def test_short_work_waits_for_short_work_alone() -> None:
    queue = [work("Anna", begun=True), work("Ben", 3, begun=True), work("Cleo", 2)]
    assert ahead_of(queue, 2) == [1]


@pytest.mark.parametrize("slices", [1, 100])
def test_work_in_the_background_has_the_time_that_all_other_work_leaves(slices: int) -> None:
    behind = work("Anna", slices, begun=True, background=True)
    others = [work("Anna", 900), work("Ben", begun=True)]
    used = {"Anna": 0.0, "Ben": 9.0}
    assert next_work([behind, *others], used) == 1
    assert next_work([behind, others[1]], used) == 1
    assert next_work([behind, work("Ben", 1)], used) == 1
    assert next_work([work("Cleo", background=True), behind], used) == 1
    assert next_work([work("Cleo", background=True)], used) == 0


def test_work_in_the_background_is_ahead_of_nothing_but_other_such_work() -> None:
    queue = [
        work("Anna", background=True, begun=True),
        work("Anna", 900),
        work("Ben", background=True),
        work("Ben", 1),
    ]
    assert ahead_of(queue, 0) == []
    assert ahead_of(queue, 1) == [3]
    assert ahead_of(queue, 3) == []
    assert ahead_of(queue, 2) == [0, 1, 3]
