"""A network that was adapted to other series, as plain data that is kept and sent."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_MOST_CHARACTERS: Final = 16 * 2**20
"""Of the code of a network; that of the bundled one has 0.8 million."""

LEAST_TEACHERS: Final = 3
"""Series that have to show a segment for a network to learn it: with two, a ventricle lost 0.02 to
0.06 (docs/proposals-measured-teachers.md)."""

LEARNING_STEPS: Final = 120
"""Gradient steps by which a network learns from other series; 300 gave a hippocampus 0.00 to 0.01
more, and took a ventricle of two teachers further down (docs/proposals-tried.md)."""

_ADAPTED: Final = " adapted "


@dataclass(frozen=True)
class AdaptedNetwork:
    """Parameters of an adapted network, and what it was adapted to.

    Attributes
    ----------
    base : str
        Name of the weights that were adapted.
    segments : tuple of int
        Numbers of the segments that it learned.
    code : str
        Its parameters in half precision: a safetensors file in base64.
    """

    base: str
    segments: tuple[int, ...]
    code: str

    @cached_property
    def name(self) -> str:
        """What to call its weights: those that were adapted, and a digest."""
        digest = hashlib.blake2b(self.code.encode(), digest_size=6).hexdigest()
        return f"{self.base}{_ADAPTED}{digest}"

    def content(self) -> bytes:
        """Unpack its parameters.

        Raises
        ------
        ValueError
            If the code is damaged or too long.
        """
        if len(self.code) > _MOST_CHARACTERS:
            raise ValueError("An adapted network is too large.")
        try:
            return base64.b64decode(self.code, validate=True)
        except ValueError as error:
            raise ValueError("An adapted network is damaged.") from error


def packed_network(base: str, segments: tuple[int, ...], content: bytes) -> AdaptedNetwork:
    """Pack the parameters of an adapted network; see `AdaptedNetwork`."""
    return AdaptedNetwork(base, segments, base64.b64encode(content).decode("ascii"))


def base_of(weights: str | None) -> str | None:
    """Name of the weights that were adapted, given that of an adapted network; others as is."""
    return weights if weights is None else weights.partition(_ADAPTED)[0]
