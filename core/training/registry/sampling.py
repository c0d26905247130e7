"""Training tasks from a registry: the task is drawn first, then its pictures.

As in the MegaMedical collection, data sets count alike however large they are, and so do the
tasks of a data set. The families are those of the synthetic tasks: *populations*, whose pictures
come from different patients, *volumes*, whose pictures are slices of one scan, and *taught* tasks,
most of whose examples are slices of a few other patients.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn import functional

from core.training.answers import with_answers
from core.training.arrangement import MOST_TEACHERS, OWN_WEIGHTS
from core.training.random_numbers import chance, uniform
from core.training.registry.index import Split, Stack, read_registry, read_slices
from core.training.registry.intensities import synthetic_intensities
from core.training.registry.loaded import LoadedSlices, bytes_of, load_slices
from core.training.tasks import Batch, augmented_batch

_EMPTY_SHARE: Final = 0.03
_SAME_LEVEL_SHARE: Final = 0.7
_JITTER: Final = 0.1
_OWN_REACH: Final = 0.35
_WARPED_SHARE: Final = 0.6
_ELASTIC_KNOTS: Final = 5

# Slices of one task: the stack, and the place in it, of every picture; the query is the last.
_Pictures = list[tuple[Stack, int]]


@dataclass(frozen=True, eq=False)
class TaskPool:
    """What can be drawn from one split of a registry.

    Attributes
    ----------
    folder : Path
        The registry.
    populations : tuple of tuple of tuple of tuple of Stack
        By data set, task and patient: the patient's stacks. Tasks of two patients or more.
    volumes : tuple of tuple of tuple of Stack
        By data set and task: stacks of three slices or more.
    loaded : LoadedSlices or None
        All slices, where a graphics card holds them; else they are read from the files.
    """

    folder: Path
    populations: tuple[tuple[tuple[tuple[Stack, ...], ...], ...], ...]
    volumes: tuple[tuple[tuple[Stack, ...], ...], ...]
    loaded: LoadedSlices | None = None


def open_pool(folder: Path, split: Split, device: torch.device | None = None) -> TaskPool | None:
    """Read which tasks a registry has for training, validation or test.

    Parameters
    ----------
    folder : Path
        The registry.
    split : {"train", "val", "test"}
        Only patients of this split are used.
    device : torch.device, optional
        A graphics card takes all slices if they fit in half of its free memory.

    Returns
    -------
    TaskPool or None
        The tasks; None where the split has none.

    Raises
    ------
    ValueError
        If the folder is no registry.
    """
    populations: dict[str, list[tuple[tuple[Stack, ...], ...]]] = defaultdict(list)
    volumes: dict[str, list[tuple[Stack, ...]]] = defaultdict(list)
    by_task: dict[tuple[str, ...], list[Stack]] = defaultdict(list)
    chosen = [stack for stack in read_registry(folder).stacks if stack.split == split]
    for stack in chosen:
        by_task[stack.task].append(stack)
    for task, stacks in sorted(by_task.items()):
        by_patient: dict[str, list[Stack]] = defaultdict(list)
        for stack in stacks:
            by_patient[stack.patient].append(stack)
        if len(by_patient) > 1:
            populations[task[0]].append(tuple(tuple(own) for own in by_patient.values()))
        if deep := tuple(stack for stack in stacks if len(stack.slices) > 2):
            volumes[task[0]].append(deep)
    if not populations and not volumes:
        return None
    return TaskPool(
        folder,
        tuple(tuple(tasks) for tasks in populations.values()),
        tuple(tuple(tasks) for tasks in volumes.values()),
        _loaded(folder, chosen, device),
    )


def _loaded(
    folder: Path, stacks: Sequence[Stack], device: torch.device | None
) -> LoadedSlices | None:
    """Hold slices on a graphics card that has room for them."""
    if device is None or device.type == "cpu":
        return None
    free, _ = torch.cuda.mem_get_info(device)
    return load_slices(folder, stacks, device) if bytes_of(folder, stacks) < free / 2 else None


def make_registry_batch(
    generator: Generator,
    pool: TaskPool,
    tasks: int,
    examples: int,
    side: int,
    *,
    volume_share: float = 0.6,
    guidance_share: float = 0.5,
    taught_share: float = 0.0,
    synthetic_intensities_share: float = 0.0,
    between: int = 1,
) -> Batch:
    """Draw a batch of real tasks, augmented as synthetic ones are.

    Parameters
    ----------
    generator : Generator
        Source of all randomness; its device is where the batch is made.
    pool : TaskPool
        What to draw from.
    tasks, examples, side : int
        How many tasks, examples of each, and pixels along a picture's side.
    volume_share : float
        Share of tasks that are slices of one scan, where both families are possible.
    guidance_share : float
        Share of tasks with an example of the query's scan that are guided.
    taught_share : float
        Share of tasks whose examples are of a few other patients, and at most three of the query's
        scan, where there are several patients; the other shares are of the rest.
    synthetic_intensities_share : float
        Share of tasks whose images keep their shapes and get other intensities.
    between : int
        Slices between the query and either of the nearest examples.

    Returns
    -------
    Batch
        The tasks.

    Raises
    ------
    ValueError
        If a file of the registry is gone or damaged.
    """
    device = generator.device
    # What is drawn here decides what is read from disk, so it has to be on the processor anyway.
    seed = int(torch.randint(2**62, (1,), generator=generator, device=device))
    random = np.random.default_rng(seed)
    share = volume_share if pool.populations and pool.volumes else float(bool(pool.volumes))
    volume = random.random(tasks) < share
    possible = examples > 1 and bool(pool.populations)
    taught = (random.random(tasks) < taught_share) & possible
    volume &= ~taught
    chosen = []
    for is_volume, is_taught in zip(volume, taught, strict=True):
        draw = _slices_of_a_volume if is_volume else _pictures_of_a_population
        pictures = (_slices_of_teachers if is_taught else draw)(random, pool, examples)
        chosen.append(pictures + _slices_between(pictures, between))
    if pool.loaded is not None:
        images, masks = pool.loaded.read(chosen)
    else:
        read = [_read(pool.folder, pictures) for pictures in chosen]
        images = torch.from_numpy(np.stack([pictures for pictures, _ in read])).to(device)
        masks = torch.from_numpy(np.stack([own for _, own in read])).to(device)
    positions = torch.tensor(
        [_positions(task, examples) for task in chosen], dtype=torch.float32, device=device
    )
    # Slices of a scan are bent alike; so are, in taught tasks, all of the query's own.
    alike = torch.from_numpy(volume | taught).to(device)
    images, masks, zoom = _warped(generator, images.float() / 255, masks.float(), alike, side)
    same = positions.isfinite()
    if synthetic_intensities_share:
        drawn = synthetic_intensities(
            generator, images, masks, torch.from_numpy(volume).to(device), same
        )
        anew = chance(generator, synthetic_intensities_share, tasks, 1, 1, 1)
        images = torch.where(anew, drawn, images)
    own = same[:, :examples] & torch.from_numpy(taught).to(device)[:, None]
    masks = with_answers(generator, masks, own)
    guided = chance(generator, guidance_share, tasks)
    positions = positions[:, : examples + 1] / zoom[:, None]
    return augmented_batch(generator, images, masks, positions, guided, examples)


def _positions(pictures: _Pictures, query: int) -> list[float]:
    """Tell where pictures lie in the scan of the query: infinite in other scans."""
    scan = pictures[query][0]
    return [one.positions[place] if one == scan else np.inf for one, place in pictures]


def _pictures_of_a_population(
    random: np.random.Generator, pool: TaskPool, examples: int
) -> _Pictures:
    """Draw a task and one slice of every patient; patients repeat only where there are too few.

    Mostly all slices come from about the same level of the structure.
    """
    data_set = pool.populations[random.integers(len(pool.populations))]
    patients = data_set[random.integers(len(data_set))]
    order = random.permutation(len(patients))
    query, others = order[0], order[1:]
    drawn = [*np.resize(others, examples), query]
    level = random.random() if random.random() < _SAME_LEVEL_SHARE else None
    pictures = []
    for patient in drawn:
        stacks = patients[patient]
        stack = stacks[random.integers(len(stacks))]
        pictures.append((stack, _at_level(random, stack, level)))
    return pictures


def _slices_of_teachers(random: np.random.Generator, pool: TaskPool, examples: int) -> _Pictures:
    """Draw a task, a query of one patient, slices of a few others at its level, and own ones."""
    data_set = pool.populations[random.integers(len(pool.populations))]
    patients = data_set[random.integers(len(data_set))]
    order = random.permutation(len(patients))
    stacks = [patients[patient][random.integers(len(patients[patient]))] for patient in order]
    query, teachers = stacks[0], stacks[1 : 1 + int(random.integers(1, MOST_TEACHERS + 1))]
    own = min(int(random.choice(len(OWN_WEIGHTS), p=OWN_WEIGHTS)), examples - 1)
    level = random.random()
    teaching = [teachers[number % len(teachers)] for number in range(examples)]
    taught = [(teacher, _at_level(random, teacher, level)) for teacher in teaching]
    place = _at_level(random, query, level)
    reach = max(1, round(_OWN_REACH * len(query.slices)))
    sides = random.permutation([-1, 1])
    beside = [place + int(sides[n % 2]) * int(random.integers(1, reach + 1)) for n in range(own)]
    inside = [(query, other) for other in beside if 0 <= other < len(query.slices)]
    return [*taught[: examples - len(inside)], *inside, (query, place)]


def _at_level(random: np.random.Generator, stack: Stack, level: float | None) -> int:
    """Draw a slice: mostly one with the structure on it, near a share of its extent if given."""
    pixels = np.array(stack.pixels)
    present, absent = np.flatnonzero(pixels), np.flatnonzero(pixels == 0)
    if len(absent) and random.random() < _EMPTY_SHARE:
        return int(random.choice(absent))
    place = random.random() if level is None else level + random.uniform(-_JITTER, _JITTER)
    return int(present[int(np.clip(place, 0, 1 - 1e-6) * len(present))])


def _slices_of_a_volume(random: np.random.Generator, pool: TaskPool, examples: int) -> _Pictures:
    """Draw a task, a scan and its slices: examples spread over an extent, the query elsewhere."""
    data_set = pool.volumes[random.integers(len(pool.volumes))]
    stacks = data_set[random.integers(len(data_set))]
    stack = stacks[random.integers(len(stacks))]
    present = np.flatnonzero(stack.pixels)
    first, last = int(present[0]), int(present[-1])
    if random.random() < 0.5:
        # As often as not the drawn slices leave out the structure's ends, or more.
        ends = np.sort(random.uniform(first, last, 2)) if random.random() < 0.5 else None
        margin = 0.1 * (last - first)
        first, last = (
            (int(ends[0]), int(np.ceil(ends[1])))
            if ends is not None
            else (round(first + margin), round(last - margin))
        )
    beyond = max(1, round(0.15 * (last - first)))
    low, high = max(0, first - beyond), min(len(stack.slices), last + beyond + 1)
    # Always three slices or more to choose from.
    low, high = max(0, min(low, high - 3)), min(len(stack.slices), max(high, low + 3))
    query = int(random.integers(low, high))
    places = np.linspace(first, last, examples) if examples > 1 else random.uniform(first, last, 1)
    if random.random() < 0.5:
        step = (last - first) / max(examples - 1, 1)
        places = places + random.uniform(-0.5, 0.5, examples) * step
    free = np.delete(np.arange(low, high), query - low)
    nearest = free[np.abs(free[None] - places[:, None]).argmin(axis=1)]
    return [(stack, int(place)) for place in [*nearest, query]]


def _slices_between(pictures: _Pictures, between: int) -> _Pictures:
    """Choose slices between the query, the last picture, and the nearest example on either side.

    They come in their order, as many on either side; where a side has no example, or the pictures
    are of several scans, the query stands for them.
    """
    stack, query = pictures[-1]
    places = [place for other, place in pictures[:-1] if other == stack]
    chosen: list[int] = []
    for known, start in (
        ([place for place in places if place <= query], "example"),
        ([place for place in places if place > query], "query"),
    ):
        if known:
            nearest = max(known) if start == "example" else min(known)
            ends = (nearest, query) if start == "example" else (query, nearest)
        else:
            ends = (query, query)
        way = np.linspace(*ends, between + 2)[1:-1]
        chosen.extend(int(place) for place in way.round())
    return [(stack, place) for place in chosen]


def _read(
    folder: Path, pictures: Sequence[tuple[Stack, int]]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Read the pictures and masks of a task, opening every file once per stack."""
    by_stack: dict[Stack, list[int]] = defaultdict(list)
    for number, (stack, _) in enumerate(pictures):
        by_stack[stack].append(number)
    images: list[NDArray[np.uint8]] = [np.empty(0, np.uint8)] * len(pictures)
    masks: list[NDArray[np.bool_]] = [np.empty(0, bool)] * len(pictures)
    for stack, numbers in by_stack.items():
        read = read_slices(folder, stack, [pictures[number][1] for number in numbers])
        for number, image, mask in zip(numbers, *read, strict=True):
            images[number], masks[number] = image, mask
    return np.stack(images), np.stack(masks)


def _warped(
    generator: Generator, images: Tensor, masks: Tensor, volume: Tensor, side: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Resample to the side wanted, most tasks rotated, zoomed, shifted and bent.

    All pictures of a task are changed alike; those of a population a little on their own besides,
    slices of a volume hardly at all.

    Returns
    -------
    tuple of Tensor
        float32 images and bool masks [tasks, images, side, side], and by how much the view of
        every task became wider [tasks].
    """
    tasks, count = images.shape[:2]
    if images.shape[-1] != side:
        images, masks = (
            functional.interpolate(maps, (side, side), mode="bilinear", antialias=True)
            for maps in (images, masks)
        )
    active = chance(generator, _WARPED_SHARE, tasks)
    zoom = torch.exp(uniform(generator, -0.3, 0.2, tasks) * active)
    own = torch.where(volume, 0.05, 1.0) * active
    grid = _grid(generator, active[:, None].float(), own[:, None], zoom, (tasks, count), side)
    images, masks = (
        functional.grid_sample(
            maps.flatten(0, 1)[:, None], grid, padding_mode=padding, align_corners=False
        ).view(tasks, count, side, side)
        for maps, padding in ((images, "border"), (masks, "zeros"))
    )
    return images.clamp(0, 1), masks >= 0.5, zoom


def _grid(
    generator: Generator,
    shared: Tensor,
    own: Tensor,
    zoom: Tensor,
    shape: tuple[int, int],
    side: int,
) -> Tensor:
    """Where every pixel is taken from: [tasks × images, side, side, (x, y)], in −1 … 1."""
    tasks, count = shape

    def drawn(reach: float, own_reach: float) -> Tensor:
        together = uniform(generator, -reach, reach, tasks, 1) * shared
        return together + uniform(generator, -own_reach, own_reach, tasks, count) * own

    angle, stretch = drawn(0.6, 0.2), torch.exp(drawn(0.1, 0.1))
    scale = zoom[:, None] * torch.exp(uniform(generator, -0.12, 0.12, tasks, count) * own)
    cosine, sine = angle.cos() * scale, angle.sin() * scale
    rows = [
        torch.stack([cosine * stretch, -sine * stretch, drawn(0.15, 0.08)], dim=-1),
        torch.stack([sine / stretch, cosine / stretch, drawn(0.15, 0.08)], dim=-1),
    ]
    affine = torch.stack(rows, dim=-2).flatten(0, 1)
    grid = functional.affine_grid(affine, [tasks * count, 1, side, side], align_corners=False)
    knots = (tasks, count, 2, _ELASTIC_KNOTS, _ELASTIC_KNOTS)
    device = generator.device
    bend = torch.randn((tasks, 1, *knots[2:]), generator=generator, device=device) * 0.04
    own_bend = torch.randn(knots, generator=generator, device=device) * 0.03
    amount = bend * shared[..., None, None, None] + own_bend * own[..., None, None, None]
    displacement = functional.interpolate(
        amount.flatten(0, 1), (side, side), mode="bicubic", align_corners=True
    )
    return grid + displacement.permute(0, 2, 3, 1)
