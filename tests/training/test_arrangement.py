"""Whose slices the images of a synthetic task are, and where they lie."""

import pytest
import torch
from torch import Generator

from core.training.arrangement import MOST_TEACHERS, OWN_WEIGHTS, Arrangement, arrange


def arranged(seed: int, tasks: int = 200, examples: int = 6, **shares: float) -> Arrangement:
    wanted = {"volume_share": 0.5, "taught_share": 0.5} | shares
    return arrange(Generator().manual_seed(seed), tasks, examples, **wanted, between=2)


def test_families_come_in_the_shares_asked_for() -> None:
    found = arranged(1, tasks=2000, volume_share=0.5, taught_share=0.4)
    assert abs(float(found.taught.float().mean()) - 0.4) < 0.04
    assert abs(float(found.volume.float().mean()) - 0.3) < 0.04
    assert not (found.taught & found.volume).any()


@pytest.mark.parametrize("examples", [1, 2, 3, 16])
def test_taught_tasks_have_an_example_of_another_series_and_few_of_their_own(examples: int) -> None:
    found = arranged(2, examples=examples, taught_share=1.0)
    own = found.positions[:, :examples].isfinite().sum(dim=1)[found.taught]
    assert bool(found.taught.any()) == (examples > 1)
    assert (own < examples).all()
    assert (own < len(OWN_WEIGHTS)).all()


def test_slices_of_a_volume_are_all_of_the_query_and_those_of_a_population_never() -> None:
    found = arranged(3, taught_share=0.0)
    assert found.positions[found.volume].isfinite().all()
    assert found.positions[~found.volume][:, :6].isinf().all()
    assert found.positions[~found.volume][:, 6:].isfinite().all()


def test_images_of_one_patient_share_their_changes() -> None:
    found = arranged(4, taught_share=1.0)
    drawn = torch.rand(*found.depth.shape, 3, generator=Generator().manual_seed(5))
    shared = found.shared(drawn)
    own = found.positions.isfinite()
    query = drawn[:, 6:7].expand_as(shared)
    assert torch.equal(shared[own], query[own])
    assert (shared[~own] != query[~own]).all()
    patients = [len(set(row.tolist())) for row in shared[:, :7, 0]]
    assert max(patients) == MOST_TEACHERS + 1
    assert min(patients) == 2


def test_images_of_other_families_change_each_for_itself() -> None:
    found = arranged(6, taught_share=0.0)
    drawn = torch.rand(found.depth.shape, generator=Generator().manual_seed(7))
    assert torch.equal(found.shared(drawn), drawn)


def test_slices_between_lie_between_the_query_and_its_own_examples() -> None:
    found = arranged(8, taught_share=1.0)
    query = found.positions[:, 6:7]
    offsets = found.positions[:, :6] - query
    below, above = found.positions[:, 7:9] - query, found.positions[:, 9:] - query
    for beside, towards in ((below, offsets <= 0), (above, offsets > 0)):
        known = (towards & offsets.isfinite()).any(dim=1)
        assert (beside[~known] == 0).all()
        assert (beside[known] != 0).all()
