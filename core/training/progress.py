"""How far a training run is, and the log of its validations."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.home.whole_files import written_whole

LOG = "log.csv"
"""Name of the log in the folder of a run."""


@dataclass(frozen=True)
class Progress:
    """How far a run is, after every step.

    Attributes
    ----------
    step, steps, tasks : int
        Optimiser steps done and in all, and tasks done.
    loss : float
        Mean over the steps since the last validation.
    tasks_per_second : float
        Over the same steps.
    validation : Mapping of str to float
        Mean Dice by kind of validation; empty except after a validation.
    time_shares : Mapping of str to float
        Shares of making batches, of the forward and of the backward pass in their time so far.
    """

    step: int
    steps: int
    tasks: int
    loss: float
    tasks_per_second: float
    validation: Mapping[str, float]
    time_shares: Mapping[str, float]


def add_to_log(path: Path, progress: Progress, seconds: float) -> None:
    """Add a line to the log of a run.

    Lines of later steps, which a run that is resumed does again, are dropped.

    Parameters
    ----------
    path : Path
        The CSV file; made where it is missing.
    progress : Progress
        After a validation.
    seconds : float
        Time spent on the run so far.
    """
    row = {
        "step": progress.step,
        "tasks": progress.tasks,
        "seconds": round(seconds, 1),
        "loss": round(progress.loss, 5),
        "tasks_per_second": round(progress.tasks_per_second, 2),
    } | {name: round(value, 4) for name, value in progress.validation.items()}
    rows: list[Mapping[str, Any]] = [row]
    columns = list(row)
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            # A run that is resumed may repeat steps, and be validated on other data than before.
            before = [line for line in reader if int(line["step"]) < progress.step]
            known = list(reader.fieldnames or ())
        columns = known + [name for name in columns if name not in known]
        rows = [*before, row]
    with (
        written_whole(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, fieldnames=columns)
        writer.writeheader()
        writer.writerows(rows)
