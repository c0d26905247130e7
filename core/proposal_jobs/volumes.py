"""Volumes by the digest of their pixels, kept by least recent use."""

import hashlib
import threading
import weakref
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

Volume = NDArray[np.generic]
"""[slice, row, column] in modality units."""

_digests: dict[int, tuple["weakref.ref[Volume]", str]] = {}  # by what `id` says


def digest_of(volume: Volume) -> str:
    """Name a volume by its pixels, type and shape; computed once for an array that stays as it is.

    Parameters
    ----------
    volume : numpy.ndarray
        [slice, row, column].

    Returns
    -------
    str
        Of hexadecimal digits.
    """
    known = _digests.get(id(volume))
    if known is not None and known[0]() is volume:
        return known[1]
    digest = hashlib.blake2b(f"{volume.dtype.str} {volume.shape}".encode(), digest_size=20)
    for one in volume:
        digest.update(np.ascontiguousarray(one).data)
    name, place = digest.hexdigest(), id(volume)

    def forget(gone: "weakref.ref[Volume]") -> None:
        if _digests.get(place, (None,))[0] is gone:
            del _digests[place]

    _digests[place] = weakref.ref(volume, forget), name
    return name


class RecentVolumes:
    """Volumes used last, as many as memory is meant for.

    Parameters
    ----------
    most_bytes : int
        How much all of them may take; the last one is kept however large it is.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Volume] = OrderedDict()

    def get(self, digest: str) -> Volume | None:
        """Return a volume, if it is kept."""
        with self._lock:
            volume = self._kept.get(digest)
            if volume is not None:
                self._kept.move_to_end(digest)
            return volume

    def keep(self, digest: str, volume: Volume) -> list[str]:
        """Keep a volume, and return the digests of those that are not kept any more."""
        with self._lock:
            self._kept[digest] = volume
            self._kept.move_to_end(digest)
            dropped = []
            while len(self._kept) > 1 and self._bytes() > self._most_bytes:
                dropped.append(self._kept.popitem(last=False)[0])
            return dropped

    def digests(self) -> list[str]:
        """Digests of those that are kept."""
        with self._lock:
            return list(self._kept)

    def forget(self, digest: str) -> None:
        """Let go of a volume, if it is kept."""
        with self._lock:
            self._kept.pop(digest, None)

    def _bytes(self) -> int:
        return sum(volume.nbytes for volume in self._kept.values())
