"""What every backend does, wherever it computes: whoever asks cannot tell them apart."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.job import Job
from core.proposal_jobs.packed_masks import packed
from core.proposal_jobs.requests import Hints, Teacher
from core.proposals.adapted_network import AdaptedNetwork
from core.proposals.examples import Proposal
from tests.proposal_jobs.conftest import DRAWN, Drawn, Submit

_PATIENCE_S = 120.0


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def same(found: list[Proposal], expected: list[Proposal]) -> bool:
    """Whether masks and expected Dice are the same to the bit."""
    other = {(one.segment, one.slice): one for one in expected}
    return len(found) == len(expected) and all(
        np.array_equal(one.mask, other[one.segment, one.slice].mask)
        and one.expected_dice == other[one.segment, one.slice].expected_dice
        for one in found
    )


def finished(job: Job) -> Job:
    assert job.wait(_PATIENCE_S)
    assert job.error is None
    return job


def test_proposals_are_the_same_to_the_bit(
    submit: Submit, drawn: Drawn, expected: list[Proposal]
) -> None:
    job = finished(submit(drawn.task()))
    assert same(job.proposals, expected)
    assert job.weights is not None and "slicewise" in job.weights
    done, total = job.progress
    assert done == total > 0


def test_progress_and_proposals_come_while_it_goes_on(submit: Submit, drawn: Drawn) -> None:
    job = submit(drawn.new().task())
    until(lambda: job.proposals)
    assert not job.finished
    seen, steps = [], []
    while not job.finished:
        seen.append(len(job.proposals))
        steps.append(job.progress[0])
        time.sleep(0.005)
    assert seen == sorted(seen) and steps == sorted(steps)


def test_a_job_is_cancelled_within_a_second_and_keeps_what_it_proposed(
    submit: Submit, drawn: Drawn
) -> None:
    job = submit(drawn.new().task())
    until(lambda: job.proposals)
    assert not job.finished
    job.cancel()
    assert job.wait(1.0)
    assert job.proposals and job.error is None


def test_who_waits_knows_the_place_in_line_and_about_how_long(submit: Submit, drawn: Drawn) -> None:
    finished(submit(drawn.task()))  # so that it is known how long that takes
    # Whichever of two replicas, or both, a service lets do them, three are at one of them.
    jobs = [submit(drawn.new().task()) for _ in range(7)]
    until(lambda: max(job.ahead for job in jobs) >= 2)
    last = max(jobs, key=lambda job: job.ahead)
    until(lambda: (last.seconds_to_wait or 0) > 0)
    waited = last.age
    for job in jobs:
        if 0 < job.ahead < last.ahead:
            job.cancel()
    until(lambda: last.ahead <= 1)
    for job in jobs:
        if job is not last:
            job.cancel()
    until(lambda: last.ahead == 0 and last.proposals)
    assert last.seconds_waited is not None and last.seconds_waited >= waited


def test_two_people_share_the_time_however_much_one_asks_for(submit: Submit, drawn: Drawn) -> None:
    many = [submit(drawn.new().task("Anna")) for _ in range(10)]
    until(lambda: many[0].proposals)
    other = finished(submit(drawn.task("Ben")))
    assert other.proposals
    assert not all(job.finished for job in many)


def test_hints_are_answered_beside_a_series(submit: Submit, drawn: Drawn) -> None:
    long = [submit(drawn.new().task()) for _ in range(10)]
    until(lambda: long[0].proposals)
    nothing = np.zeros_like(drawn.examples[0].masks[DRAWN[0]])
    added = nothing.copy()
    added[60:80, 60:70] = True
    hints = Hints(15, packed(nothing), packed(added), packed(nothing))
    task = drawn.task("Ben")
    request = replace(task.request, hints=hints, slices_asked=0)
    for _ in range(2):
        (answer,) = finished(submit(replace(task, request=request))).proposals
        assert answer.slice == 15
        assert answer.mask[added].all()
    assert not long[-1].finished


def test_another_series_can_teach(submit: Submit, drawn: Drawn) -> None:
    task = drawn.task()
    other = Drawn(drawn.volume[::-1].copy(), []).task()
    teacher = Teacher(task.request.series, task.request.segments)
    request = replace(other.request, teachers=(teacher, teacher))
    job = finished(
        submit(replace(other, request=request, volumes={**task.volumes, **other.volumes}))
    )
    assert {one.slice for one in job.proposals} == set(range(len(drawn.volume)))
    assert sum(one.mask.any() for one in job.proposals) > 5


def test_a_network_learns_from_other_series_and_is_asked_beside_the_usual_one(
    submit: Submit, drawn: Drawn, expected: list[Proposal]
) -> None:
    task = drawn.task()
    other = Drawn(drawn.volume[::-1].copy(), []).task()
    teacher = Teacher(task.request.series, task.request.segments)
    request = replace(other.request, teachers=(teacher, teacher, teacher), learning_steps=3)
    volumes = {**task.volumes, **other.volumes}
    job = finished(submit(replace(other, request=request, volumes=volumes)))
    assert job.proposals == [] and job.progress[0] == job.progress[1] > 0
    assert job.adapted is not None and job.adapted.base == job.weights
    assert job.adapted.segments == (drawn.examples[0].number,)

    def asked(network: AdaptedNetwork) -> list[Proposal]:
        request = replace(task.request, adapted=network)
        return finished(submit(replace(task, request=request))).proposals

    beside = asked(job.adapted)
    assert same(asked(job.adapted), beside)
    assert {one.slice for one in beside} >= set(range(DRAWN[0], DRAWN[-1])) - {*DRAWN}
    assert not same(beside, expected)
    # One that was adapted from other weights than those that propose now is left alone.
    assert same(asked(replace(job.adapted, base="others")), expected)


def test_an_adapted_network_that_is_damaged_is_refused(submit: Submit, drawn: Drawn) -> None:
    task, known = drawn.task(), finished(submit(drawn.task(slices=(15,))))
    assert known.weights is not None
    network = AdaptedNetwork(known.weights, (drawn.examples[0].number,), "AAAA")
    job = submit(replace(task, request=replace(task.request, adapted=network)))
    assert job.wait(_PATIENCE_S)
    assert job.error is not None and "adapted" in job.error


def test_what_cannot_be_proposed_is_told_in_a_sentence(submit: Submit, drawn: Drawn) -> None:
    examples = replace(drawn.examples[0], masks={99: drawn.examples[0].masks[DRAWN[0]]})
    job = submit(drawn._replace(examples=[examples]).task())
    assert job.wait(_PATIENCE_S)
    assert job.error is not None and "slice 99" in job.error
    finished(submit(drawn.task(slices=(15,))))


def test_what_is_proposed_is_delivered_before_a_job_is_finished(
    backend: ProposalBackend, drawn: Drawn
) -> None:
    delivered: list[tuple[bool, int] | str] = []
    job = backend.submit(
        lambda: drawn.task(slices=(15,)),
        person="Anna",
        slices=1,
        deliver=lambda job: delivered.append((job.finished, len(job.proposals))),
        when_finished=lambda job: delivered.append("end"),
    )
    finished(job)
    assert delivered == [(False, 1), "end"]
    refused = backend.submit(
        lambda: drawn.task(slices=(15,)), person="Anna", slices=1, deliver=_refuse
    )
    assert refused.wait(_PATIENCE_S)
    assert refused.error == "The series is locked."


def _refuse(job: Job) -> None:
    raise ValueError("The series is locked.")
