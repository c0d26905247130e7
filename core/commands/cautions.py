"""Cautions on the command line."""

import sys
from collections.abc import Iterable


def print_cautions(cautions: Iterable[str]) -> None:
    """Write each sentence as a line of its own to stderr."""
    for caution in cautions:
        print(f"Caution: {caution}", file=sys.stderr)
