"""Families of volumes that teach one another."""

import numpy as np
import pytest

from core.evaluation.cases import LabelledVolume
from core.evaluation.cohort import cohort_queries, evaluate_cohort, family_of
from core.evaluation.cohort_effort import annotate_taught, evaluate_cohort_effort
from core.network.engine import Engine
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


def test_touching_slice_after_slice_ends_with_the_truth(untrained_engine: Engine) -> None:
    query, *teachers = (tube(f"tube_{number}") for number in range(3))
    states = list(annotate_taught(query, teachers, untrained_engine))
    assert len(states) == len(query.mask) + 1
    assert np.array_equal(states[-1], query.mask)


def test_touches_are_counted_with_teachers_and_without(untrained_engine: Engine) -> None:
    volumes = [tube(f"tube_{number}") for number in range(2)]
    report = evaluate_cohort_effort(volumes, untrained_engine, 1, queries=1)
    (row,) = report["cases"]
    assert row["slices"] == 4 and 0 <= row["with"] <= 6 and 1 <= row["without"] <= 6
    assert report["with"] == row["with"]
