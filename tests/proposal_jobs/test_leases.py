"""How long a proposal service waits for its clients, and what is left of those that are gone."""

import numpy as np
import pytest

from core.proposal_jobs.events import Begun, Ended, Event, Stepped, Waiting
from core.proposal_jobs.leases import Lease, Leases, lease_from_json, lease_to_json

LEASE_S = 30.0
ANNA, BEN, JOB = "a" * 32, "b" * 32, "1" * 32
TOLD: list[Event] = [Begun("weights"), Stepped(1, 4), Stepped(2, 4)]
VOLUME = np.zeros((1, 2, 3), np.int16)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(clock: Clock) -> Leases:
    return Leases(10**6, LEASE_S, clock)


def tell(leases: Leases, events: list[Event], first: int = 0, *, is_heard: bool = False) -> bool:
    """Tell of Anna's job as the replica that computes it; whether it goes on."""
    return leases.tell(ANNA, JOB, "first", first, events, Waiting(), is_heard).goes_on


def pass_time(leases: Leases, clock: Clock, seconds: float, *, renewing: bool) -> bool:
    """Let time pass in which nobody listens to a job; whether it goes on."""
    goes_on = True
    for _ in range(int(seconds)):
        clock.now += 1
        if renewing:
            leases.renew(ANNA, ())
        goes_on = tell(leases, [])
    return goes_on


def test_one_replica_alone_computes_a_job_and_others_tell_what_it_told(leases: Leases) -> None:
    assert leases.claim(ANNA, JOB, "first", ())
    assert not leases.claim(ANNA, JOB, "second", ())
    assert tell(leases, TOLD, is_heard=True)
    heard = leases.after(ANNA, JOB, 1)
    assert heard is not None and heard.events == TOLD[1:]
    assert leases.after(BEN, JOB, 0) is None
    assert leases.claim(BEN, JOB, "second", ())


def test_a_job_goes_on_while_its_connection_is_broken_for_less_than_a_lease(
    leases: Leases, clock: Clock
) -> None:
    leases.claim(ANNA, JOB, "first", ())
    assert pass_time(leases, clock, LEASE_S - 1, renewing=True)
    assert not leases.claim(ANNA, JOB, "second", ())
    assert pass_time(leases, clock, LEASE_S - 1, renewing=True)


def test_a_job_to_which_nobody_listens_for_a_lease_ends(leases: Leases, clock: Clock) -> None:
    leases.claim(ANNA, JOB, "first", ())
    assert not pass_time(leases, clock, LEASE_S, renewing=True)
    assert leases.claim(ANNA, JOB, "second", ())
    assert not tell(leases, TOLD)


def test_a_client_that_is_gone_loses_its_jobs_even_if_its_connection_seems_to_stand(
    leases: Leases, clock: Clock
) -> None:
    leases.claim(ANNA, JOB, "first", ())
    clock.now += LEASE_S - 1
    assert tell(leases, TOLD, is_heard=True)
    clock.now += 1
    assert not tell(leases, [], len(TOLD), is_heard=True)


def test_volumes_of_clients_that_are_gone_are_released(leases: Leases, clock: Clock) -> None:
    leases.keep(ANNA, "one", VOLUME)
    leases.keep(ANNA, "both", VOLUME)
    clock.now += LEASE_S - 1
    leases.claim(BEN, JOB, "first", ("both",))
    assert leases.volume("one") is not None
    clock.now += 1
    assert leases.released(["one", "both"]) == ["one"]
    assert leases.volume("one") is None and leases.volume("both") is not None
    leases.leave(BEN)
    assert leases.figures() == {"clients": 0, "jobs": 0, "jobs_begun": 1, "volumes": 0}


def test_a_client_keeps_the_volumes_that_it_names(leases: Leases, clock: Clock) -> None:
    leases.keep(ANNA, "closed", VOLUME)
    leases.keep(ANNA, "open", VOLUME)
    for _ in range(5):
        clock.now += LEASE_S - 1
        leases.renew(ANNA, ["open"])
    assert leases.released(["closed", "open"]) == ["closed"]
    assert leases.volume("open") is not None


def test_cancelling_and_leaving_end_jobs(leases: Leases) -> None:
    for end in (lambda: leases.cancel(ANNA, JOB), lambda: leases.leave(ANNA)):
        leases.claim(ANNA, JOB, "first", ())
        assert tell(leases, [], is_heard=True)
        end()
        assert leases.figures()["jobs"] == 0
        assert not tell(leases, [], is_heard=True)


def test_a_job_whose_replica_is_lost_is_computed_by_another_one(
    leases: Leases, clock: Clock
) -> None:
    leases.claim(ANNA, JOB, "first", ())
    tell(leases, TOLD, is_heard=True)
    clock.now += 8
    assert leases.after(ANNA, JOB, 0) is None
    assert leases.claim(ANNA, JOB, "second", ())
    assert not tell(leases, [Stepped(3, 4)], len(TOLD), is_heard=True)
    heard = leases.after(ANNA, JOB, 0)
    assert heard is not None and heard.events == []


def test_what_a_job_told_stays_a_lease_long_after_its_end(leases: Leases, clock: Clock) -> None:
    leases.claim(ANNA, JOB, "first", ())
    tell(leases, [*TOLD, Ended()])
    clock.now += LEASE_S - 1
    assert leases.after(ANNA, JOB, 3) is not None
    clock.now += LEASE_S
    leases.renew(ANNA, ())
    assert leases.after(ANNA, JOB, 3) is None


def test_whoever_has_forgotten_everything_is_told_everything_anew(leases: Leases) -> None:
    answer = leases.tell(ANNA, JOB, "first", 2, TOLD[2:], Waiting(), True)
    assert (answer.known, answer.goes_on) == (0, True)
    assert tell(leases, TOLD, is_heard=True)
    heard = leases.after(ANNA, JOB, 0)
    assert heard is not None and heard.events == TOLD
    assert tell(leases, TOLD, is_heard=True)
    assert leases.after(ANNA, JOB, len(TOLD)) == heard.__class__([], Waiting())


def test_a_lease_is_read_as_it_was_written_and_nothing_else_is_one() -> None:
    assert lease_from_json(lease_to_json(Lease(("one", "two")))) == Lease(("one", "two"))
    for text in (b"", b"{}", b'{"volumes": 1}', b'{"volumes": [1]}'):
        with pytest.raises(ValueError, match="no lease"):
            lease_from_json(text)
