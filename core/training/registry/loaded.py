"""A registry's slices held on a device, so that tasks are made there without touching files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from core.training.registry.index import Stack, scan_path


@dataclass(frozen=True, eq=False)
class LoadedSlices:
    """Pictures and masks of many stacks.

    Attributes
    ----------
    images : Tensor
        uint8 [pictures, 128, 128].
    masks : Tensor
        uint8 [masks, 128, 16]: eight pixels to a byte, the first in its highest bit.
    first_image, first_mask : dict
        Where the tensors of a scan begin, by the scan and the tensor's name.
    """

    images: Tensor
    masks: Tensor
    first_image: dict[tuple[str, str], int]
    first_mask: dict[tuple[str, str], int]

    def read(self, pictures: Sequence[Sequence[tuple[Stack, int]]]) -> tuple[Tensor, Tensor]:
        """Give pictures and masks of tasks.

        Parameters
        ----------
        pictures : sequence of sequence of (Stack, int)
            Of every task: stacks, and places in their slices.

        Returns
        -------
        tuple of Tensor
            uint8 and bool [tasks, pictures, 128, 128].
        """
        images = [
            [self.first_image[one.scan, one.images] + one.slices[place] for one, place in task]
            for task in pictures
        ]
        masks = [
            [self.first_mask[one.scan, one.masks] + place for one, place in task]
            for task in pictures
        ]
        device = self.images.device
        packed = self.masks[torch.tensor(masks).to(device)]
        bits = torch.arange(7, -1, -1, dtype=torch.uint8, device=device)
        unpacked = (packed[..., None] >> bits).bitwise_and_(1).flatten(-2)
        return self.images[torch.tensor(images).to(device)], unpacked.bool()


def load_slices(folder: Path, stacks: Iterable[Stack], device: torch.device) -> LoadedSlices:
    """Read everything that stacks refer to.

    Parameters
    ----------
    folder : Path
        The registry.
    stacks : iterable of Stack
        Which.
    device : torch.device
        Where to keep it.

    Returns
    -------
    LoadedSlices
        The slices.

    Raises
    ------
    ValueError
        If a file of the registry is gone or damaged.
    """
    names: dict[str, tuple[set[str], set[str]]] = {}
    for stack in stacks:
        images, masks = names.setdefault(stack.scan, (set(), set()))
        images.add(stack.images)
        masks.add(stack.masks)
    kept: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    first: tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]] = ({}, {})
    ends = [0, 0]
    for scan, both in sorted(names.items()):
        path = scan_path(folder, scan)
        try:
            with safe_open(path, framework="numpy") as file:
                for kind, wanted in enumerate(both):
                    for name in sorted(wanted):
                        kept[kind].append(file.get_tensor(name))
                        first[kind][scan, name] = ends[kind]
                        ends[kind] += len(kept[kind][-1])
        except (OSError, SafetensorError) as error:
            raise ValueError(f"{path} is damaged; run `python -m core prepare` again") from error
    loaded = [torch.from_numpy(np.concatenate(part)).to(device) for part in kept]
    return LoadedSlices(loaded[0], loaded[1], *first)


def bytes_of(folder: Path, stacks: Iterable[Stack]) -> int:
    """Measure how much memory the files of stacks take at most."""
    scans = {stack.scan for stack in stacks}
    return sum(scan_path(folder, scan).stat().st_size for scan in scans)
