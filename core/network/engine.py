"""The engine: every example is encoded once, and each query names the examples it uses.

The result is that of `core.network.definition.UniverSeg`; the arithmetic is rearranged so that
what concerns one example or one query alone is not computed again for every pair.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.network.definition import UniverSeg
from core.network.inputs import checked_guidance, checked_pictures
from core.network.weights import Weights, load_weights
from core.training.forward import rearranged_forward

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class EncodedExample:
    """What an example contributes to any query, computed once.

    Attributes
    ----------
    pair : Tensor
        [2, height, width]: image and label.
    network : UniverSeg
        Whose encoding this is.
    """

    pair: Tensor
    network: UniverSeg

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.pair.shape[1], self.pair.shape[2]


class Engine:
    """Encodes examples and segments queries with them.

    Parameters
    ----------
    weights : Weights
        The network and its name.
    device : torch.device
        Where to compute.
    precision : torch.dtype
        float32 or bfloat16.

    Attributes
    ----------
    weights : Weights
        As given.
    device : torch.device
        As given.
    precision : torch.dtype
        As given.
    """

    def __init__(self, weights: Weights, device: torch.device, precision: torch.dtype) -> None:
        self.weights = weights
        self.device = device
        self.precision = precision
        self._network = weights.network.to(device)

    @property
    def guidance_channels(self) -> int:
        """Guidance channels that the network takes; 0 if none."""
        return self._network.guidance_channels

    @property
    def description(self) -> str:
        """What was chosen, in a few words, for settings and reports."""
        precision = str(self.precision).removeprefix("torch.")
        return f"{self.weights.name}, {precision} on {self.device}"

    def encode(self, images: np.ndarray, labels: np.ndarray) -> list[EncodedExample]:
        """Encode examples.

        Parameters
        ----------
        images, labels : ndarray
            [height, width] or [examples, height, width]; numbers in [0, 1], or bool; sides
            divisible by 8.

        Returns
        -------
        list of EncodedExample
            One per example, in order.

        Raises
        ------
        ValueError
            If a shape or a value is not as expected.
        """
        pictures = [
            checked_pictures(name, values[None] if np.ndim(values) == 2 else values)
            for name, values in (("images", images), ("labels", labels))
        ]
        if pictures[0].shape != pictures[1].shape:
            raise ValueError(
                f"labels: got shape {tuple(pictures[1].shape)}; expected that of images, "
                f"{tuple(pictures[0].shape)}"
            )
        pairs = torch.stack(pictures, dim=1).to(self.device)
        return [EncodedExample(pair, self._network) for pair in pairs]

    def predict(
        self,
        queries: np.ndarray,
        examples: Sequence[EncodedExample],
        guidance: np.ndarray | None = None,
        subsets: Sequence[Sequence[int]] | None = None,
    ) -> np.ndarray:
        """Compute the logits of queries.

        Parameters
        ----------
        queries : ndarray
            [queries, height, width], numbers in [0, 1].
        examples : sequence of EncodedExample
            At least one, encoded by this engine, of the queries' height and width.
        guidance : ndarray, optional
            [queries, guidance_channels, height, width], numbers in [−1, 1]; absent means zeros.
            See `core.network.guidance`.
        subsets : sequence of sequence of int, optional
            For every query the indices of the examples it uses; all by default.

        Returns
        -------
        ndarray
            float32 logits [queries, height, width]; positive means inside.

        Raises
        ------
        ValueError
            If a shape, a value, an example or an index is not as expected.
        """
        maps = checked_pictures("queries", queries)
        self._check_examples(examples, maps)
        chosen = _checked_subsets(subsets, len(maps), len(examples))
        given = (
            None if guidance is None else checked_guidance(guidance, maps, self.guidance_channels)
        )
        logits = torch.empty_like(maps)
        for index, subset in enumerate(chosen):
            support = torch.stack([examples[i].pair for i in subset])[None]
            extra = None if given is None else given[index : index + 1].to(self.device)
            query = maps[index : index + 1, None].to(self.device)
            with torch.inference_mode():
                logits[index] = rearranged_forward(self._network, query, support, extra)[0, 0]
        return logits.numpy()

    def _check_examples(self, examples: Sequence[EncodedExample], maps: Tensor) -> None:
        if not examples:
            raise ValueError("examples: got none; expected at least one encoded example")
        for index, example in enumerate(examples):
            if example.network is not self._network:
                raise ValueError(
                    f"examples: number {index} was encoded by another engine; encode it again"
                )
            if example.shape != tuple(maps.shape[1:]):
                raise ValueError(
                    f"examples: number {index} has shape {example.shape}; expected that of the "
                    f"queries, {tuple(maps.shape[1:])}"
                )


def load_engine(
    weights: str | Path = "default",
    device: str = "auto",
    precision: str = "auto",
    *,
    accept_licence: bool = False,
) -> Engine:
    """Load weights and choose where and how precisely to compute.

    Parameters
    ----------
    weights : str or Path
        "default" for the bundled weights, or a file.
    device : str
        "auto" (a CUDA GPU if there is one), "cpu" or "cuda".
    precision : str
        "auto", "float32" or "bfloat16".
    accept_licence : bool
        Needed for the published checkpoint; see `core.network.weights.load_weights`.

    Returns
    -------
    Engine
        Ready for use; its `description` says what was chosen.

    Raises
    ------
    ValueError
        If the weights cannot be used, or the device or precision is unknown or missing.
    """
    engine = Engine(
        load_weights(weights, accept_licence=accept_licence), torch.device("cpu"), torch.float32
    )
    _LOG.info("engine: %s", engine.description)
    return engine


def _checked_subsets(
    subsets: Sequence[Sequence[int]] | None, queries: int, examples: int
) -> list[list[int]]:
    if subsets is None:
        return [list(range(examples))] * queries
    if len(subsets) != queries:
        raise ValueError(f"subsets: got {len(subsets)}; expected one for each of {queries} queries")
    chosen = [[int(index) for index in subset] for subset in subsets]
    for number, subset in enumerate(chosen):
        if not subset or min(subset) < 0 or max(subset) >= examples:
            raise ValueError(
                f"subsets: number {number} is {subset}; expected at least one index from 0 to "
                f"{examples - 1}"
            )
    return chosen
