"""Which tabs have which series open: what nobody has open any more is dropped from memory."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from core.dicom.progressive import SeriesReading
from core.dicom.series import SeriesSummary
from core.home.event_log import log_event

Role = Literal["main", "second"]
"""What a tab shows a series as: it has one of each at most."""

# A page that is loaded again is a new tab, which finds its series still read.
_KEPT_S = 20.0
_LOOK_EVERY_S = 5.0


class SeriesPlace(NamedTuple):
    """A series as it was opened: from where, and with which files."""

    home: Path
    uid: str
    source: Path
    leave_out_damaged: bool


@dataclass(frozen=True, eq=False)
class ReadSeries:
    """A series being read, and everything that was found with it."""

    reading: SeriesReading
    found: tuple[SeriesSummary, ...]


@dataclass(eq=False)
class SeriesInUse:
    """Series that tabs have open, for all tabs; safe to use from any thread.

    Parameters
    ----------
    is_open : callable
        Tells whether the tab of an identifier is open.
    kept_s : float
        How long a series stays that no open tab shows, in seconds.
    when_empty : callable
        Called in the background after the last one was dropped.
    """

    is_open: Callable[[str], bool]
    kept_s: float = _KEPT_S
    when_empty: Callable[[], None] = lambda: None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _read: dict[SeriesPlace, ReadSeries] = field(default_factory=dict)
    _last_seen: dict[SeriesPlace, float] = field(default_factory=dict)
    _shown: dict[tuple[str, Role], SeriesPlace] = field(default_factory=dict)
    _watcher: threading.Thread | None = None

    def open(
        self, place: SeriesPlace, tab: str, role: Role, read: Callable[[], ReadSeries]
    ) -> ReadSeries:
        """Return a series that a tab shows from now on, in the place of what it showed before.

        Parameters
        ----------
        place : SeriesPlace
            Which one.
        tab : str
            Identifies the tab.
        role : {"main", "second"}
            What the tab shows it as.
        read : callable
            Begins to read it, where it is not read yet.
        """
        with self._lock:
            found = self._read.get(place)
        # Outside the lock: finding a series takes long, and other tabs have theirs.
        begun = found or read()
        with self._lock:
            is_new = place not in self._read
            found = self._read.setdefault(place, begun)
            if found is not begun:  # another tab was faster
                begun.reading.close()
            elif is_new:
                log_event("series-opened", in_memory=len(self._read))
            self._shown[tab, role] = place
            self._last_seen[place] = time.monotonic()
            self.drop_unused()
            if self._watcher is None:
                self._watcher = threading.Thread(
                    target=self._watch, name="series in use", daemon=True
                )
                self._watcher.start()
        return found

    def close(self, tab: str) -> None:
        """Note that a tab shows no series any more."""
        with self._lock:
            for role in ("main", "second"):
                self._shown.pop((tab, role), None)

    def forget(self, source: Path | None = None, *, place: SeriesPlace | None = None) -> None:
        """Drop the series of a location, or one series, or all; who asks again reads again."""
        with self._lock:
            for known in list(self._read):
                if source in (None, known.source) and place in (None, known):
                    self._drop(known)

    def is_used_by_others(self, source: Path, tab: str) -> bool:
        """Tell whether an open tab but this one shows a series of a location."""
        with self._lock:
            return any(
                place.source == source and other != tab and self.is_open(other)
                for (other, _), place in self._shown.items()
            )

    def used_sources(self) -> set[Path]:
        """Locations of the series that open tabs show."""
        with self._lock:
            return {place.source for (tab, _), place in self._shown.items() if self.is_open(tab)}

    def drop_unused(self) -> None:
        """Drop the series that no open tab has shown for a while."""
        with self._lock:
            now = time.monotonic()
            for key in [key for key in self._shown if not self.is_open(key[0])]:
                del self._shown[key]
            used = set(self._shown.values())
            for place in list(self._read):
                if place in used:
                    self._last_seen[place] = now
                elif now - self._last_seen[place] >= self.kept_s:
                    self._drop(place)

    def __len__(self) -> int:
        return len(self._read)

    def _drop(self, place: SeriesPlace) -> None:
        self._read.pop(place).reading.close()
        self._last_seen.pop(place, None)
        log_event("series-dropped", in_memory=len(self._read))

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            with self._lock:
                self.drop_unused()
                if not self._read:
                    self._watcher = None
                    break
        self.when_empty()
