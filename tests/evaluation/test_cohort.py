"""Families of volumes that teach one another."""

import numpy as np
import pytest

from core.evaluation.cases import LabelledVolume
from core.evaluation.cohort import cohort_queries, evaluate_cohort, family_of
from core.evaluation.cohort_effort import annotate_looking, evaluate_cohort_effort
from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.examples import Proposal
from tests.proposals.conftest import untrained_engine

__all__ = ["untrained_engine"]


def tube(name: str, label: str = "tube") -> LabelledVolume:
    mask = np.zeros((6, 24, 24), dtype=bool)
    y, x = np.mgrid[:24, :24]
    mask[1:5] = (y - 12) ** 2 + (x - 12) ** 2 < 36
    image = (200 * mask).astype(np.float32)
    return LabelledVolume(name, "tubes", label, "MR", image, mask, (2.0, 1.0, 1.0))


def test_a_family_is_what_stands_before_the_last_underscore() -> None:
    assert family_of(tube("fetal_brain_run3")) == "fetal_brain"
    assert family_of(tube("lung")) == "lung"


def test_a_volume_never_teaches_itself_and_the_order_is_that_of_the_seed() -> None:
    volumes = [tube(f"tube_{number}") for number in range(5)] + [
        tube("ball_1"),
        tube("tube_9", "b"),
    ]
    pairs = list(cohort_queries(volumes, 2, seed=1))
    assert [query.name for query, _ in pairs] == ["tube_0", "tube_4"]
    for query, others in pairs:
        names = [one.name for one in others]
        assert len(names) == 4 and query.name not in names
    again = list(cohort_queries(volumes, 2, seed=1))
    assert [[o.name for o in others] for _, others in pairs] == [
        [o.name for o in others] for _, others in again
    ]


def test_dice_is_reported_by_number_of_teachers(untrained_engine: Engine) -> None:
    volumes = [tube(f"tube_{number}") for number in range(3)]
    report = evaluate_cohort(volumes, untrained_engine, [1, 4], queries=1)
    assert [(row["teachers"], row["used"]) for row in report["cases"]] == [(1, 1), (4, 2)]
    assert all(0 <= row["dice"] <= 1 for row in report["cases"])
    assert report["cases"][0]["expected"] is None
    assert set(report["mean"]) == {"1", "4"}
    assert report["families"]["tube"]["tube"] == report["mean"]


def test_volumes_without_a_family_are_refused(untrained_engine: Engine) -> None:
    with pytest.raises(ValueError, match="more volumes"):
        evaluate_cohort([tube("tube_1")], untrained_engine, [1])
    with pytest.raises(ValueError, match="1 or more"):
        evaluate_cohort([tube("tube_1")], untrained_engine, [0])


@pytest.mark.parametrize("others", [0, 2])
def test_touching_slice_after_slice_ends_with_the_truth(
    others: int, untrained_engine: Engine
) -> None:
    query, *teachers = (tube(f"tube_{number}") for number in range(3))
    states = list(annotate_looking(query, teachers[:others], untrained_engine))
    assert states[0].touches == states[0].accepted == 0
    assert others or not states[0].found.any()
    counts = [state.touches for state in states]
    assert counts == sorted(counts) and set(np.diff(counts)) <= {0, 1}
    assert dice(states[-1].found, query.mask) > 0.9


def test_a_person_draws_nothing_where_all_that_teachers_propose_is_right(
    monkeypatch: pytest.MonkeyPatch, untrained_engine: Engine
) -> None:
    query, teacher = tube("tube_1"), tube("tube_2")

    def right(volume: LabelledVolume, *_: object, **options: object) -> list[Proposal]:
        return [Proposal(1, index, mask) for index, mask in enumerate(volume.mask)]

    monkeypatch.setattr("core.evaluation.cohort_effort.propose_volume", right)
    report = evaluate_cohort_effort([query, teacher], untrained_engine, 1, queries=1)
    assert report["with"] == 0
    assert report["without"] >= 1


def test_proposals_that_are_right_are_accepted_before_anything_is_drawn(
    monkeypatch: pytest.MonkeyPatch, untrained_engine: Engine
) -> None:
    query, teacher = tube("tube_1"), tube("tube_2")

    def half(volume: LabelledVolume, *_: object, **options: object) -> list[Proposal]:
        return [Proposal(1, index, volume.mask[index]) for index in (1, 2)]

    monkeypatch.setattr("core.evaluation.cohort_effort.propose_volume", half)
    states = annotate_looking(query, [teacher], untrained_engine)
    assert (next(states).accepted, next(states).accepted) == (0, 2)


def test_touches_are_counted_with_teachers_and_without(untrained_engine: Engine) -> None:
    volumes = [tube(f"tube_{number}") for number in range(2)]
    report = evaluate_cohort_effort(volumes, untrained_engine, 1, queries=1)
    (row,) = report["cases"]
    assert row["slices"] == 4 and 0 <= row["with"] <= 6 and 1 <= row["without"] <= 6
    assert report["with"] == row["with"]
