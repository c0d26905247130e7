"""A registry held in memory gives what its files hold."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Generator

from core.training.registry.index import read_registry, scan_path
from core.training.registry.loaded import bytes_of, load_slices
from core.training.registry.sampling import make_registry_batch, open_pool

CPU = torch.device("cpu")


def test_tasks_are_the_same_from_memory_and_from_files(registry: Path) -> None:
    pool = open_pool(registry, "train")
    assert pool is not None
    stacks = [stack for stack in read_registry(registry).stacks if stack.split == "train"]
    loaded = replace(pool, loaded=load_slices(registry, stacks, CPU))
    first, second = (
        make_registry_batch(Generator().manual_seed(1), one, 8, 3, 32, between=2)
        for one in (pool, loaded)
    )
    for name in ("query", "support", "guidance", "label"):
        assert torch.equal(getattr(first, name), getattr(second, name))


def test_memory_is_known_beforehand(registry: Path) -> None:
    stacks = read_registry(registry).stacks
    loaded = load_slices(registry, stacks, CPU)
    assert loaded.images.numel() + loaded.masks.numel() <= bytes_of(registry, stacks)


def test_a_damaged_file_is_named(registry: Path, tmp_path: Path) -> None:
    stack = read_registry(registry).stacks[0]
    path = scan_path(tmp_path, stack.scan)
    path.parent.mkdir()
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="is damaged"):
        load_slices(tmp_path, [stack], CPU)
