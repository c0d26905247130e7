"""Making sure before the work that its results can be written."""

import os
from collections.abc import Sequence
from pathlib import Path


def check_outputs(outputs: Sequence[Path], inputs: Sequence[Path] = ()) -> None:
    """Refuse files that cannot be written, or that would take the place of one that is read.

    Parameters
    ----------
    outputs : sequence of Path
        Files to write; they may exist.
    inputs : sequence of Path
        Files that are read.

    Raises
    ------
    ValueError
        If one cannot be used.
    """
    taken = {path.resolve() for path in inputs}
    for path in outputs:
        if path.resolve() in taken:
            raise ValueError(f"{path} is read or written already; give the file another name.")
        taken.add(path.resolve())
        if path.is_dir():
            raise ValueError(f"{path} is a folder; give the name of a file to write.")
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise ValueError(
                f"{path.parent} is not a folder that can be written to; create it or choose "
                "another."
            )
