"""Teachers of which only some slices are taken to be drawn, as if they were the new series.

A network that is adapted to them learns how the structure looks beside drawn slices of the same
series: every task is made by the code that proposes, guidance included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Generator

from core.network.engine import Engine
from core.network.guidance import GUIDANCE_CHANNELS
from core.proposals.adaptation import Task, brightened, moved, task_of, with_whole_labels
from core.proposals.examples import SegmentExamples
from core.proposals.network_opinion import questions
from core.proposals.segment_state import prepare_segment
from core.proposals.teacher_slices import TaughtStructure
from core.segments.ends import UNSTATED, Ends

_TASKS, _EXAMPLES = 4, 4
"""Slices of one teacher that a step asks about, and examples of each at most."""

_MOST_DRAWN: Final = 4
"""Slices that are taken to be drawn: from one to as many, since more leave little to be done."""

_ENDS_STATED: Final = 0.5
"""Share of steps in which both ends are taken to be stated, where they are known."""

_NEAR_END: Final = 2
"""Slices behind the outermost that shows a structure by which it has to be known to be gone."""


@dataclass(frozen=True, eq=False)
class DrawnTeachers:
    """A structure in several teachers, of which some slices are taken to be drawn.

    Attributes
    ----------
    structures : sequence of TaughtStructure
        In every teacher, at least one with two slices that show it.
    engine : Engine
        The network; says whether there is guidance.
    """

    structures: Sequence[TaughtStructure]
    engine: Engine

    @property
    def usable(self) -> int:
        """Teachers that show the structure on two slices at least, so that one can be drawn."""
        return sum(len(_present(one)) > 1 for one in self.structures)

    def tasks(self, generator: Generator) -> list[Task]:
        """Make tasks of one teacher: up to four slices, predicted from one to four drawn ones."""
        random = np.random.default_rng(int(torch.randint(2**31, (1,), generator=generator)))
        asked = [one for one in self.structures if len(_present(one)) > 1]
        structure = asked[random.integers(len(asked))]
        present = _present(structure)
        count = int(random.integers(1, min(_MOST_DRAWN, len(present) - 1) + 1))
        drawn = sorted(random.choice(present, count, replace=False).tolist())
        is_stated = random.random() < _ENDS_STATED and _is_known_to_end(structure)
        ends = Ends(present[0], present[-1]) if is_stated else UNSTATED
        tasks = _tasks(self.engine, structure, drawn, ends, random)
        return [_moved(generator, task) for task in tasks]


def _present(structure: TaughtStructure) -> list[int]:
    """List the slices that show a structure."""
    return [index for index, mask in sorted(structure.masks.items()) if mask.any()]


def _is_known_to_end(structure: TaughtStructure) -> bool:
    """Whether it is known where a structure ends.

    It is where nothing is missing between its outermost slices, as in a series that is finished,
    or where something is known right behind them. Of a series on which few slices are drawn nobody
    knows what lies behind the outermost.
    """
    present = _present(structure)
    last = len(structure.images) - 1
    is_whole = all(index in structure.masks for index in range(present[0], present[-1]))
    return is_whole or all(
        end in (0, last)
        or any(end + way * step in structure.masks for step in range(1, _NEAR_END + 1))
        for end, way in ((present[0], -1), (present[-1], 1))
    )


def _tasks(
    engine: Engine,
    structure: TaughtStructure,
    drawn: Sequence[int],
    ends: Ends,
    random: np.random.Generator,
) -> list[Task]:
    """Ask about some slices of a structure of which others are drawn."""
    examples = SegmentExamples(1, {index: structure.masks[index] for index in drawn}, ends)
    segment = prepare_segment(
        examples,
        structure.spacing,
        engine,
        "auto",
        lambda slices: structure.images[list(slices)],
        examples.beyond_ends(len(structure.images)),
    )
    prompt = segment.prompt
    assert prompt is not None
    present = _present(structure)
    known = [
        index
        for index in sorted(structure.masks)
        if present[0] - 1 <= index <= present[-1] + 1 and index not in prompt.encoded
    ]
    slices = random.choice(known, min(_TASKS, len(known)), replace=False).tolist()
    asked = questions(prompt, slices, support=_EXAMPLES)
    labels = segment.crop.masks(np.stack([structure.masks[index] for index in slices]))
    return [
        Task(
            torch.from_numpy(asked.pictures[place][None]),
            torch.from_numpy(labels[place][None].astype(np.float32)),
            torch.stack([prompt.encoded[index].pair.cpu() for index in asked.shown[place]]),
            None if asked.guidance is None else torch.from_numpy(asked.guidance[place]),
        )
        for place in range(len(slices))
    ]


def _moved(generator: Generator, task: Task) -> Task:
    """Move, turn, zoom, mirror and brighten all pictures of a task alike.

    No channel of guidance has a direction within the slice, and distances change little.
    """
    guidance = torch.zeros(0, *task.picture.shape[1:]) if task.guidance is None else task.guidance
    pairs = torch.cat([task.picture, task.label, task.examples.flatten(0, 1)])
    maps = moved(generator, torch.cat([pairs, guidance])[None], may_be_mirrored=True)[0]
    pairs = with_whole_labels(maps[: len(pairs)].unflatten(0, (-1, 2)))
    return task_of(
        brightened(generator, pairs, alike=True),
        None if task.guidance is None else maps[-GUIDANCE_CHANNELS:],
    )
