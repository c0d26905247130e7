"""Paths that somebody else wrote: a person in a form, a DICOMDIR, an archive, a link."""

from collections.abc import Sequence
from pathlib import Path


def existing_below(path: Path | str, roots: Sequence[Path]) -> Path | None:
    """Resolve a path, links and ".." included, if it exists and lies below one of some folders.

    Parameters
    ----------
    path : path
        From anywhere. "~" stands for the home folder of a user.
    roots : sequence of pathlib.Path
        Folders that it may lie in, or be.

    Returns
    -------
    pathlib.Path or None
        Absolute and without links. None for a path that leads elsewhere as well as for one that
        does not exist or is none at all, so that nobody can find out what exists elsewhere.
    """
    try:
        resolved = Path(path).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return resolved if any(resolved.is_relative_to(root.resolve()) for root in roots) else None
