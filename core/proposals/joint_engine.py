"""Several networks that are asked as if they were one."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
import torch

from core.network.engine import EncodedExample, Engine
from core.network.weights import weights_from_bytes
from core.proposals.adapted_network import AdaptedNetwork
from core.proposals.recently_used import RecentlyUsed
from core.proposals.scores import LIMIT

_KEPT: Final = 4
"""Joint engines that are kept ready, of 5 MB each."""


class Predictor(Protocol):
    """What proposals ask: a network, or several as one."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""

    @property
    def guidance_channels(self) -> int:
        """Guidance channels that it takes; 0 if none."""

    def encode(self, images: np.ndarray, labels: np.ndarray) -> list[EncodedExample]:
        """Encode examples, as `core.network.engine.Engine.encode`."""

    def predict(
        self,
        queries: np.ndarray,
        examples: Sequence[EncodedExample],
        guidance: np.ndarray | None = None,
        subsets: Sequence[Sequence[int]] | None = None,
    ) -> np.ndarray:
        """Compute the logits of queries, as `core.network.engine.Engine.predict`."""


class JointEngine:
    """Answers with the mean of what several networks answer, in log-odds.

    Parameters
    ----------
    engines : sequence of Engine
        At least one; on the same device, taking the same guidance.
    """

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = tuple(engines)
        self.device = engines[0].device
        self.guidance_channels = engines[0].guidance_channels

    def encode(self, images: np.ndarray, labels: np.ndarray) -> list[EncodedExample]:
        """Encode examples for every network, as `core.network.engine.Engine.encode`."""
        encoded = [engine.encode(images, labels) for engine in self._engines]
        return [replace(first, beside=tuple(rest)) for first, *rest in zip(*encoded, strict=True)]

    def predict(
        self,
        queries: np.ndarray,
        examples: Sequence[EncodedExample],
        guidance: np.ndarray | None = None,
        subsets: Sequence[Sequence[int]] | None = None,
    ) -> np.ndarray:
        """Ask every network, as `core.network.engine.Engine.predict`.

        Returns
        -------
        np.ndarray
            float32 [queries, height, width]: the mean of their logits, each bounded as all
            log-odds are, so that none outvotes the others by being too sure.
        """
        said = [
            np.clip(engine.predict(queries, own, guidance, subsets), -LIMIT, LIMIT)
            for engine, own in zip(
                self._engines, zip(*map(_by_network, examples), strict=True), strict=True
            )
        ]
        return np.stack(said).mean(axis=0, dtype=np.float32)


def _by_network(example: EncodedExample) -> tuple[EncodedExample, ...]:
    """One example as every network encoded it."""
    return (example, *example.beside)


class JointEngines:
    """Joint engines of adapted networks used last, by name; used from any thread.

    The same one as long as it is kept, so that what was worked out with it is found again.

    Parameters
    ----------
    engine : Engine
        The network that is asked beside each of them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._making = threading.Lock()
        self._kept: RecentlyUsed[str, JointEngine] = RecentlyUsed(_KEPT)

    def of(self, network: AdaptedNetwork) -> JointEngine:
        """Make the engine of an adapted network, or take the one that was made before.

        Raises
        ------
        ValueError
            If the network is damaged, or does not take the guidance that the other one does.
        """
        name = network.name
        with self._making:
            found = self._kept.get(name)
            if found is None:
                found = _joint(self._engine, network)
                self._kept.keep(name, found)
            return found


def _joint(engine: Engine, network: AdaptedNetwork) -> JointEngine:
    weights = weights_from_bytes(network.content(), network.name)
    if weights.network.guidance_channels != engine.guidance_channels:
        raise ValueError("An adapted network does not take the guidance of these weights.")
    return JointEngine([engine, Engine(weights, engine.device, engine.precision)])
