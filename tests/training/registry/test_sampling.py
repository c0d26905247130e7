"""Batches of real tasks: what they hold, and whom they come from."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator

from core.network.guidance import ADDED, GUIDANCE_CHANNELS, PRIOR, REMOVED
from core.network.loss import dice_by_task
from core.training.registry.nifti_sources import find_pairs
from core.training.registry.preparation import PreparationOptions, prepare_registry
from core.training.registry.sampling import TaskPool, make_registry_batch, open_pool
from core.training.registry.slices import SliceOptions
from core.training.tasks import Batch
from tests.support.labelled_scans import write_patient


@pytest.fixture(scope="module")
def pool(registry: Path) -> TaskPool:
    found = open_pool(registry, "train")
    assert found is not None
    return found


def batch_of(pool: TaskPool, seed: int, tasks: int = 16, **shares: Any) -> Batch:
    return make_registry_batch(Generator().manual_seed(seed), pool, tasks, 5, 48, **shares)


def agreement(masks: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Dice of masks and truth, both [tasks, 1, side, side]."""
    return dice_by_task(masks.float() - 0.5, truth)


@pytest.mark.parametrize(("tasks", "examples", "side"), [(1, 1, 64), (3, 8, 32), (1, 64, 128)])
def test_a_batch_has_the_shapes_asked_for(
    pool: TaskPool, tasks: int, examples: int, side: int
) -> None:
    batch = make_registry_batch(Generator().manual_seed(1), pool, tasks, examples, side)
    assert batch.query.shape == batch.label.shape == (tasks, 1, side, side)
    assert batch.support.shape == (tasks, examples, 2, side, side)
    assert batch.guidance.shape == (tasks, GUIDANCE_CHANNELS, side, side)


def test_values_are_what_the_network_takes(pool: TaskPool) -> None:
    batch = batch_of(pool, 2)
    for pictures in (batch.query, batch.support):
        assert pictures.isfinite().all()
        assert pictures.min() >= 0
        assert pictures.max() <= 1
    assert set(batch.label.unique().tolist()) == {0.0, 1.0}
    assert set(batch.support[:, :, 1].unique().tolist()) == {0.0, 1.0}
    assert set(batch.guidance[:, [ADDED, REMOVED]].unique().tolist()) <= {0.0, 1.0}


def test_the_same_seed_draws_the_same_tasks_and_another_seed_others(pool: TaskPool) -> None:
    first, again, other = batch_of(pool, 3), batch_of(pool, 3), batch_of(pool, 4)
    assert torch.equal(first.query, again.query)
    assert torch.equal(first.guidance, again.guidance)
    assert not torch.equal(first.query, other.query)


def test_the_prior_of_guided_volumes_resembles_the_truth(pool: TaskPool) -> None:
    batch = batch_of(pool, 5, tasks=32, volume_share=1.0, guidance_share=1.0)
    guided = batch.guidance[:, PRIOR].flatten(1).abs().sum(dim=1) > 0
    present = batch.label.flatten(1).sum(dim=1) > 30
    found = agreement(batch.guidance[:, PRIOR : PRIOR + 1] > 0, batch.label)[guided & present]
    assert guided.all()
    assert found.median() > 0.75


def test_empty_queries_occur_among_slices(pool: TaskPool) -> None:
    batch = batch_of(pool, 7, tasks=64, volume_share=1.0)
    empty = batch.label.flatten(1).sum(dim=1) == 0
    assert 0 < empty.float().mean() < 0.3


@pytest.fixture(scope="module")
def corners(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four patients, each with a structure in a corner of its own."""
    folder = tmp_path_factory.mktemp("corners")
    for patient in range(4):
        mask = np.zeros((6, 32, 32), bool)
        row, column = (4 + 14 * part for part in divmod(patient, 2))
        mask[1:5, row : row + 10, column : column + 10] = True
        write_patient(folder / "scans", f"p{patient}", mask.astype(np.float32), {"block": mask})
    options = PreparationOptions(
        slices=SliceOptions(planes="acquired", views=("slice",)), shares=(1.0, 0.0, 0.0)
    )
    list(prepare_registry(find_pairs(folder / "scans", "corners"), folder / "registry", options))
    return folder / "registry"


def shared_with_query(pool: TaskPool, seed: int, volume_share: float) -> torch.Tensor:
    """Share of the query's structure that every example's covers, where both have one."""
    batch = make_registry_batch(
        Generator().manual_seed(seed), pool, 32, 6, 32, volume_share=volume_share
    )
    # Tasks whose masks were inverted cover most of the picture.
    examples, query = batch.support[:, :, 1].flatten(2), batch.label.flatten(2)
    usual = (query.mean(dim=2) < 0.3) & (examples.mean(dim=2) < 0.3)
    present = (query.sum(dim=2) > 0) & (examples.sum(dim=2) > 0)
    covered = (examples * query).sum(dim=2) / query.sum(dim=2).clamp(min=1)
    found = covered[usual & present]
    assert len(found) > 60
    return found


def test_nobody_is_example_and_query_at_once(corners: Path) -> None:
    pool = open_pool(corners, "train")
    assert pool is not None
    assert shared_with_query(pool, 8, volume_share=0.0).max() < 0.5


def test_slices_of_a_volume_come_from_one_patient(corners: Path) -> None:
    pool = open_pool(corners, "train")
    assert pool is not None
    assert shared_with_query(pool, 9, volume_share=1.0).min() > 0.5


def test_examples_of_taught_tasks_are_of_others_and_a_few_of_the_query(corners: Path) -> None:
    pool = open_pool(corners, "train")
    assert pool is not None
    batch = make_registry_batch(Generator().manual_seed(10), pool, 64, 6, 32, taught_share=1.0)
    examples, query = batch.support[:, :, 1].flatten(2), batch.label.flatten(2)
    usual = (examples.mean(dim=2) < 0.3).all(dim=1) & (query.mean(dim=2)[:, 0] < 0.3)
    covers = (examples * query).sum(dim=2) > 0.5 * query.sum(dim=2).clamp(min=1)
    own = covers[usual & (query.sum(dim=2)[:, 0] > 0)].sum(dim=1)
    assert len(own) > 20
    assert set(own.tolist()) >= {0, 1, 2}
    assert own.max() <= 3


def test_other_intensities_leave_the_masks_as_they_are(pool: TaskPool) -> None:
    real = batch_of(pool, 11, tasks=24)
    some, every = (
        batch_of(pool, 11, tasks=24, synthetic_intensities_share=share) for share in (0.5, 1.0)
    )
    for batch in (some, every):
        assert batch.query.isfinite().all()
        assert batch.query.min() >= 0
        assert batch.query.max() <= 1
        assert set(batch.label.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(
        batch_of(pool, 11, tasks=24, synthetic_intensities_share=0.0).query, real.query
    )
    resembling = [
        torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1] > 0.99
        for a, b in zip(some.query, every.query, strict=True)
    ]
    # About half of the tasks of `some` are shown as in `every`.
    assert 4 < sum(resembling) < 20


def test_a_split_without_patients_has_no_tasks(corners: Path) -> None:
    assert open_pool(corners, "val") is None


def test_a_folder_that_is_no_registry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no registry; make one with"):
        open_pool(tmp_path, "train")
