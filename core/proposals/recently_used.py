"""A few things that are kept by name, those used last."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

_Name = TypeVar("_Name")
_Thing = TypeVar("_Thing")


class RecentlyUsed(Generic[_Name, _Thing]):
    """Keeps as many things as are wanted; used from any thread.

    Parameters
    ----------
    most : int
        How many; the one that was not used for longest is let go.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Name, _Thing] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: _Name) -> _Thing | None:
        """Return the thing of a name, if it is still kept."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def keep(self, name: _Name, thing: _Thing) -> None:
        """Keep a thing, in the place of an earlier one of that name."""
        with self._lock:
            self._kept[name] = thing
            self._kept.move_to_end(name)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
