"""Whole numbers that a command line takes within limits."""

import argparse
from collections.abc import Callable


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Make what reads an argument that is a whole number.

    Parameters
    ----------
    least : int
        The smallest that is taken.
    most : int, optional
        The largest; any by default.

    Returns
    -------
    callable
        For the `type` of an argument; what it refuses is explained in one line.
    """
    expected = f"{least} or more" if most is None else f"{least} to {most}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"got {text}; expected a whole number, {expected}")
        return number

    return read
