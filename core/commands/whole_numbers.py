"""Whole numbers that a command line takes within limits."""

import argparse
from collections.abc import Callable


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Make what reads an argument that is a whole number.

    Parameters
    ----------
    least, most : int
        The smallest and the largest that are taken.

    Returns
    -------
    callable
        For the `type` of an argument; what it refuses is explained in one line.
    """

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(
                f"got {text}; expected a whole number, {least} to {most}"
            )
        return number

    return read
