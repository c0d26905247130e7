"""The engine: every example is encoded once, and each query names the examples it uses.

The result is that of `core.network.definition.UniverSeg`; the arithmetic is rearranged so that
what concerns one example or one query alone is not computed again for every pair.
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.network.arithmetic import RearrangedNetwork
from core.network.convolution import fusing_available
from core.network.cores import on_cores
from core.network.freed_memory import keep_freed_memory
from core.network.inputs import checked_guidance, checked_pictures
from core.network.processor import (
    choose_device,
    choose_limits,
    choose_precision,
    choose_steps,
    full_float32,
)
from core.network.weights import Weights, load_weights

_LOG = logging.getLogger(__name__)


_QUERY_PAIRS = 32
"""A query's own maps, some of full size, take as much memory as those of this many pairs."""


@dataclass(frozen=True, eq=False)
class EncodedExample:
    """What an example contributes to any query, computed once.

    Attributes
    ----------
    pair : Tensor
        float32 [2, height, width]: image and label.
    term : Tensor
        [4, height / 2, width / 2, features]: what the example adds to the first block's examples;
        see `core.network.arithmetic`.
    origin : RearrangedNetwork
        The network that encoded it.
    beside : tuple of EncodedExample
        The same example as further networks encoded it, where several are asked as one.
    """

    pair: Tensor
    term: Tensor
    origin: RearrangedNetwork
    beside: "tuple[EncodedExample, ...]" = ()

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        own = int(self.pair.nbytes) + int(self.term.nbytes)
        return own + sum(one.nbytes for one in self.beside)

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
        steps = choose_steps(device)
        limits = choose_limits(device, weights.network.features, precision)
        self._group_pixels = limits.group_pixels
        self._steps_name = steps.name
        if device.type == "cpu":
            keep_freed_memory()
        self._network = RearrangedNetwork(
            weights.network,
            device,
            precision,
            fused=fusing_available(device, precision),
            steps=steps,
            chunk_pixels=limits.chunk_pixels,
        )

    @property
    def guidance_channels(self) -> int:
        """Guidance channels that the network takes; 0 if none."""
        return self.weights.network.guidance_channels

    @property
    def description(self) -> str:
        """What was chosen, in a few words, for settings and reports."""
        precision = str(self.precision).removeprefix("torch.")
        return f"{self.weights.name} in {precision} on {self.device} with {self._steps_name}"

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
        with torch.inference_mode(), full_float32():
            terms = self._network.encode(pairs)
        return [
            EncodedExample(pair, term, self._network)
            for pair, term in zip(pairs, terms, strict=True)
        ]

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
        extra = torch.zeros(len(maps), self.guidance_channels, *maps.shape[1:])
        inputs = torch.cat([maps[:, None], extra if given is None else given], dim=1)
        logits = torch.empty_like(maps)

        def compute(group: slice) -> None:
            with torch.inference_mode():
                logits[group] = self._predict(inputs[group], chosen[group], examples)

        most_pairs = self._group_pixels // maps[0].numel()
        with full_float32():
            if self.device.type == "cpu":
                each = math.ceil(len(maps) / torch.get_num_threads())
                on_cores(compute, _groups(chosen, most_pairs, each))
            else:
                for group in _groups(chosen, most_pairs, len(maps)):
                    compute(group)
        return logits.numpy()

    def _predict(
        self,
        inputs: Tensor,
        subsets: Sequence[tuple[int, ...]],
        examples: Sequence[EncodedExample],
    ) -> Tensor:
        means = {
            subset: torch.stack([examples[index].pair for index in subset]).mean(dim=0)
            for subset in dict.fromkeys(subsets)
        }
        return self._network.predict(
            inputs.to(self.device),
            torch.stack([means[subset] for subset in subsets]),
            [[examples[index].term for index in subset] for subset in subsets],
        ).cpu()

    def _check_examples(self, examples: Sequence[EncodedExample], maps: Tensor) -> None:
        if not examples:
            raise ValueError("examples: got none; expected at least one encoded example")
        for index, example in enumerate(examples):
            if example.origin is not self._network:
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
    chosen = choose_device(device)
    engine = Engine(
        load_weights(weights, accept_licence=accept_licence),
        chosen,
        choose_precision(precision, chosen),
    )
    _LOG.info("engine: %s", engine.description)
    return engine


def _checked_subsets(
    subsets: Sequence[Sequence[int]] | None, queries: int, examples: int
) -> list[tuple[int, ...]]:
    if subsets is None:
        return [tuple(range(examples))] * queries
    if len(subsets) != queries:
        raise ValueError(f"subsets: got {len(subsets)}; expected one for each of {queries} queries")
    chosen = [tuple(int(index) for index in subset) for subset in subsets]
    for number, subset in enumerate(chosen):
        if not subset or min(subset) < 0 or max(subset) >= examples:
            raise ValueError(
                f"subsets: number {number} is {list(subset)}; expected at least one index from 0 "
                f"to {examples - 1}"
            )
    return chosen


def _groups(subsets: Sequence[Sequence[int]], most_pairs: int, most_queries: int) -> list[slice]:
    """Group queries so that the pairs of a group fit in bounded memory; at least one query each."""
    starts: list[int] = []
    pairs = 0
    for query, subset in enumerate(subsets):
        pairs += len(subset) + _QUERY_PAIRS
        if not starts or pairs > most_pairs or query - starts[-1] == most_queries:
            starts.append(query)
            pairs = len(subset) + _QUERY_PAIRS
    return [slice(*ends) for ends in pairwise([*starts, len(subsets)])]
