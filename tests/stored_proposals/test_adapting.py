"""Networks that are adapted to other series, kept in the store, and asked for what follows."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
import torch

from core.annotation.actions import save_drawing
from core.annotation.adapted_networks import keep_network, kept_network
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.reading import read_series
from core.dicom.series import SeriesSummary
from core.network.definition import UniverSeg
from core.network.engine import Engine
from core.network.guidance import GUIDANCE_CHANNELS
from core.network.weights import Weights
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.in_process import InProcess
from core.proposal_jobs.job import Job
from core.proposal_jobs.turns import Turns
from core.proposals import from_other_series
from core.stored_proposals import teaching
from core.stored_proposals.cohort import Outcome, propose_over
from core.stored_proposals.proposing import submit_stored
from core.stored_proposals.teaching import read_stored_teachers, submit_taught
from core.stored_proposals.trained_networks import series_trained_on
from tests.stored_proposals.conftest import PATIENCE_S, finished, opened, teacher
from tests.support.bright_balls import SEGMENT, ball, draw, write_ball

STEPS = 6


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adapt in seconds: what is tested is where the network goes, not how good it becomes."""
    monkeypatch.setattr(from_other_series, "STEPS", STEPS)
    monkeypatch.setattr(teaching, "LEARNING_STEPS", STEPS)


@pytest.fixture(scope="module")
def four(
    balls: list[SeriesSummary], tmp_path_factory: pytest.TempPathFactory
) -> list[SeriesSummary]:
    return [*balls, write_ball(tmp_path_factory.mktemp("fourth"), 4)]


@pytest.fixture(scope="module")
def small_backend() -> Iterator[ProposalBackend]:
    with closing(backend_of_small_network("small")) as backend:
        yield backend


def backend_of_small_network(name: str) -> ProposalBackend:
    """Of a small network with random weights, which finds everything and is adapted quickly."""
    torch.manual_seed(7)
    network = UniverSeg(features=4, guidance_channels=GUIDANCE_CHANNELS).eval()
    torch.nn.init.constant_(dict(network.named_parameters())["out_conv.conv.bias"], 3.0)
    engine = Engine(Weights(network, name), torch.device("cpu"), torch.float32)
    return ProposalBackend(InProcess(lambda: engine), Turns())


def taught_job(
    backend: ProposalBackend,
    store: AnnotationStore,
    four: list[SeriesSummary],
    *,
    adapting: bool = False,
    learning: bool = False,
    count: int = 3,
) -> Job:
    """Have the fourth series proposed from the first ones, or a network learn from them."""
    learner = opened(store, four[3])
    teachers = read_stored_teachers(store, [teacher(one) for one in four[:count]], learner, [], 4)
    return finished(
        submit_taught(
            backend,
            store,
            four[3].uid,
            learner,
            lambda _: teachers,
            person="anna",
            segments=1,
            adapting=adapting,
            learning=learning,
        )
    )


def drawn_on_three(store: AnnotationStore, four: list[SeriesSummary]) -> None:
    for shift in (1, 2, 3):
        draw(store, four[shift - 1].uid, four[shift - 1], shift)


def proposed_beside_a_drawn_slice(
    backend: ProposalBackend,
    store: AnnotationStore,
    four: list[SeriesSummary],
    *,
    asks_trained: bool = True,
) -> set[tuple[str | None, tuple[str, ...]]]:
    """Draw on the fourth series, and give weights and teachers of what is proposed then."""
    key = four[3].uid
    save_drawing(store, key, 1, 4, ball(4)[4], person="anna", tool="brush")
    series = read_series(four[3])
    job = finished(
        submit_stored(backend, store, key, series, person="anna", asks_trained=asks_trained)
    )
    found = store.annotation(key).values()
    origins = {(one.weights, one.teachers) for one in found if one.state is SliceState.PROPOSED}
    # What is drawn on before it is stored is told the same of.
    assert origins == {(job.origin_of(1).weights, job.origin_of(1).teachers)}
    return origins


def test_the_network_is_adapted_where_that_is_asked_for_and_kept_for_the_next_series(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    steps = [
        taught_job(small_backend, store, four, adapting=adapting).progress[0]
        for adapting in (False, True, True)
    ]
    assert steps[1:] == [2 * steps[0] + 12 * STEPS, 2 * steps[0]]


def test_a_network_that_learned_is_stored_and_asked_once_something_is_drawn(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    key, uids = four[3].uid, tuple(one.uid for one in four[:3])
    taught_job(small_backend, store, four)
    assert kept_network(store, key) is None
    before = store.annotation(key)
    job = taught_job(small_backend, store, four, learning=True)
    assert job.adapted is not None and job.progress == (STEPS, STEPS)
    assert store.annotation(key).keys() == before.keys()
    kept = kept_network(store, key)
    assert kept is not None
    assert (kept.base, kept.segments, kept.teachers) == ("small", (1,), uids)
    assert kept.content == job.adapted.content()

    # What was found is not to be trusted, but the teachers are named for the network.
    found = proposed_beside_a_drawn_slice(small_backend, store, four)
    assert found == {(job.adapted.name, uids)}
    assert series_trained_on(store, key) == series_trained_on(store, key, "small") == uids


def test_a_network_is_asked_only_while_that_is_wanted(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    taught_job(small_backend, store, four)
    network = taught_job(small_backend, store, four, learning=True).adapted
    assert network is not None
    found = [
        proposed_beside_a_drawn_slice(small_backend, store, four, asks_trained=wanted)
        for wanted in (True, False, True)
    ]
    trained = {(network.name, tuple(one.uid for one in four[:3]))}
    assert found == [trained, {("small", ())}, trained]


def test_the_same_series_need_not_be_learned_from_twice(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    first, second = (taught_job(small_backend, store, four, learning=True) for _ in range(2))
    assert first.adapted is not None and first.adapted == second.adapted
    assert second.progress == (0, 0)


def test_two_series_are_too_few_to_learn_from(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    job = taught_job(small_backend, store, four, learning=True, count=2)
    assert job.adapted is None
    assert kept_network(store, four[3].uid) is None


def test_a_network_is_not_asked_once_its_teachers_proposals_were_taken_back(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    key = four[3].uid
    taught_job(small_backend, store, four)
    taught_job(small_backend, store, four, learning=True)
    store.undo(key, "anna")
    assert series_trained_on(store, key) == ()
    assert proposed_beside_a_drawn_slice(small_backend, store, four) == {("small", ())}


def test_a_network_is_not_kept_for_what_was_removed_or_renamed_since(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    key = four[3].uid
    taught_job(small_backend, store, four)
    (liver,) = store.segments(key)
    lobe = replace(liver, label="Left lobe")
    store.save_segment(key, lobe, "anna")
    taught_job(small_backend, store, four, learning=True)
    assert store.segments(key) == [lobe] and kept_network(store, key) is None
    store.remove_segment(key, 1, "anna")
    taught_job(small_backend, store, four, learning=True)
    assert store.segments(key) == [] and kept_network(store, key) is None


def test_a_network_is_not_kept_whose_name_would_not_fit_beside_what_it_proposes(
    store: AnnotationStore, four: list[SeriesSummary]
) -> None:
    drawn_on_three(store, four)
    key, learner = four[3].uid, opened(store, four[3])
    store.save_segment(key, SEGMENT, "anna")
    teachers = read_stored_teachers(store, [teacher(one) for one in four[:3]], learner, [], 4)
    with closing(backend_of_small_network("x" * 190)) as backend:
        job = submit_taught(
            backend,
            store,
            key,
            learner,
            lambda _: teachers,
            person="anna",
            segments=1,
            learning=True,
        )
        assert job.wait(PATIENCE_S)
    assert job.error == "The name of the weights has between 1 and 200 characters."
    assert kept_network(store, key) is None


def test_teachers_are_not_named_for_a_network_that_other_weights_leave_alone(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    key = four[3].uid
    taught_job(small_backend, store, four)
    taught_job(small_backend, store, four, learning=True)
    kept = kept_network(store, key)
    assert kept is not None
    keep_network(store, key, replace(kept, base="older"))
    assert series_trained_on(store, key, "small") == ()
    assert proposed_beside_a_drawn_slice(small_backend, store, four) == {("small", ())}


def test_a_network_is_not_asked_once_fewer_series_teach_than_it_learned_from(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    taught_job(small_backend, store, four)
    taught_job(small_backend, store, four, learning=True)
    taught_job(small_backend, store, four, count=2)
    taught_job(small_backend, store, four, learning=True, count=2)
    found = proposed_beside_a_drawn_slice(small_backend, store, four)
    assert {weights for weights, _ in found} == {"small"}


def test_a_cohort_is_learned_from_once_it_is_proposed_and_is_up_to_date_then(
    store: AnnotationStore, four: list[SeriesSummary], small_backend: ProposalBackend
) -> None:
    drawn_on_three(store, four)
    key, learner = four[3].uid, opened(store, four[3])
    teachers = read_stored_teachers(store, [teacher(one) for one in four[:3]], learner, [], 4)

    def outcome(*, adapting: bool) -> Outcome:
        (report,) = propose_over(
            store,
            [teacher(four[3])],
            small_backend,
            person="anna",
            teachers=teachers,
            adapting=adapting,
        )
        return report.outcome

    assert outcome(adapting=True) is Outcome.PROPOSED
    assert kept_network(store, key) is not None
    assert outcome(adapting=True) is Outcome.UP_TO_DATE
    save_drawing(store, key, 1, 4, ball(4)[4], person="anna", tool="brush")
    assert outcome(adapting=False) is Outcome.PROPOSED
    # Proposals of the network that learned are of the weights that it was made of.
    assert outcome(adapting=False) is Outcome.UP_TO_DATE
