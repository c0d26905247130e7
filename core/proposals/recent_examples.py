"""What was worked out about examples, kept from one request about a series to the next.

It is let go of with the series, and before that where there is too much of it.

Most of what one asks for again is asked with the same examples: whole proposals of which one
segment has changed, a slice and then its neighbours, hints on one slice after another. What is kept
is named by everything that it depends on, so a mask is the same whether it was kept or not.
"""

import hashlib
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

MOST_BYTES = 512 * 2**20
"""A segment of 100 slices that was proposed whole takes some 35 MiB (docs/benchmarks.md)."""


class Sized(Protocol):
    """Something that knows how much memory it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes it takes at present; it may grow."""


_Kept = TypeVar("_Kept", bound=Sized)
Range = tuple[float, float]
_Key = tuple[str, Hashable]
"""Name of a series, and whatever else names what is kept."""


class RecentExamples(Generic[_Kept]):
    """Prepared examples used last, as many as memory is meant for; used from any thread.

    Parameters
    ----------
    most_bytes : int
        How much they may take together; the last one is kept however large it is.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._ranges: dict[_Key, Range] = {}
        self._shown: dict[str, weakref.ref[np.ndarray]] = {}
        self._closed: deque[str] = deque()

    @property
    def nbytes(self) -> int:
        """Bytes that all of them take."""
        with self._lock:
            return sum(one.nbytes for one in self._kept.values())

    def of(self, name: str, volume: np.ndarray) -> "OfSeries[_Kept]":
        """Return those of one series, which are kept as long as its volume is in use somewhere.

        Parameters
        ----------
        name : str
            Of the pixels: others have another name.
        volume : np.ndarray
            The pixels.
        """

        def forget(gone: "weakref.ref[np.ndarray]") -> None:
            # Called at any moment, even by a thread that holds the lock: it is left to that then.
            if self._shown.get(name) is gone:
                self._closed.append(name)
                if self._lock.acquire(blocking=False):
                    try:
                        self._drop_closed()
                    finally:
                        self._lock.release()

        with self._lock:
            self._drop_closed()
            shown = self._shown.get(name)
            if shown is None or shown() is not volume:
                self._shown[name] = weakref.ref(volume, forget)
        return OfSeries(self, name)

    def get(self, key: _Key) -> _Kept | None:
        """Return what is kept by a key."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: _Key, one: _Kept) -> None:
        """Keep something; what was not used for longest is dropped."""
        with self._lock:
            self._kept[key] = one
            self._kept.move_to_end(key)
            # What was kept before has grown with every request that used it.
            sizes = {known: kept.nbytes for known, kept in self._kept.items()}
            total = sum(sizes.values())
            for oldest in list(self._kept)[:-1]:
                if total <= self._most_bytes:
                    break
                total -= sizes[oldest]
                del self._kept[oldest]

    def value_range(self, key: _Key, work_out: Callable[[], Range]) -> Range:
        """Return the range of values of a series, worked out once."""
        with self._lock:
            known = self._ranges.get(key)
        if known is None:
            known = work_out()
            with self._lock:
                self._ranges[key] = known
        return known

    def _drop_closed(self) -> None:
        while self._closed:
            closed = self._closed.popleft()
            self._shown.pop(closed, None)
            for of_all in (self._kept, self._ranges):
                for key in [one for one in of_all if one[0] == closed]:
                    of_all.pop(key)


@dataclass(frozen=True)
class OfSeries(Generic[_Kept]):
    """The examples of one series; from `RecentExamples.of`.

    Attributes
    ----------
    recent : RecentExamples
        Where they are kept.
    volume : str
        Names the pixels.
    """

    recent: RecentExamples[_Kept]
    volume: str

    def value_range(self, modality: str, work_out: Callable[[], Range]) -> Range:
        """Return the range of values of the series, worked out once."""
        return self.recent.value_range((self.volume, modality), work_out)

    def get(self, key: Hashable) -> _Kept | None:
        """Return what is kept by a key."""
        return self.recent.get((self.volume, key))

    def keep(self, key: Hashable, one: _Kept) -> None:
        """Keep something."""
        self.recent.keep((self.volume, key), one)


def digest_of_masks(masks: Mapping[int, np.ndarray]) -> bytes:
    """Name masks, bool [row, column] by slice index, by their pixels and places."""
    digest = hashlib.blake2b(digest_size=20)
    for index, mask in sorted(masks.items()):
        digest.update(f"{index} {mask.shape} ".encode())
        digest.update(np.packbits(mask).data)
    return digest.digest()
