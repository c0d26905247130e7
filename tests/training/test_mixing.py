"""Training on one's own tasks beside synthetic ones."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Generator

from core.training.loop import train
from core.training.mixing import recipe_batches
from core.training.plan import BatchPlan
from core.training.settings import TrainingSettings
from tests.training.test_loop import CPU, SMALL, averaged, finish


def test_batches_come_from_both_in_the_recipes_proportion(registry: Path) -> None:
    settings = TrainingSettings(registry=str(registry), registry_share=0.5)
    mixed = recipe_batches(settings, CPU)
    only = {
        share: recipe_batches(replace(settings, registry_share=share), CPU) for share in (0.0, 1.0)
    }
    plan = BatchPlan(tasks=1, examples=1, side=32, between=1, seed=0)
    counts = dict.fromkeys(only, 0)
    for seed in range(24):
        batch = mixed(Generator().manual_seed(seed), plan)
        for share, make in only.items():
            same = make(Generator().manual_seed(seed), plan)
            counts[share] += torch.equal(batch.query, same.query)
    assert sum(counts.values()) == 24
    assert min(counts.values()) > 5


def test_an_interrupted_run_ends_with_the_same_weights(registry: Path, tmp_path: Path) -> None:
    settings = replace(SMALL, registry=str(registry))
    finish(settings, tmp_path / "whole")
    list(islice(train(settings, tmp_path / "cut", device=CPU), 4))
    finish(settings, tmp_path / "cut", resume=True)
    whole, cut = (averaged(tmp_path / name, settings) for name in ("whole", "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_a_registry_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no registry"):
        finish(replace(SMALL, registry=str(tmp_path / "none")), tmp_path / "run")
    assert not (tmp_path / "run").exists()
