"""Whether tables and indices of a file of SQLite fit each other, checked without anybody waiting.

SQLite reads the whole file for it: 1.2 to 1.7 s of processor time for each gigabyte that lies in
memory already, several times as long where it comes from the disk. (`PRAGMA quick_check`, which
leaves indices out, takes three quarters of that, and indices are what versions are found by.)
"""

import sqlite3
import threading
from pathlib import Path

_AT_ONCE_BYTES = 2**26  # a tenth of a second


class IntegrityCheck:
    """Checks a file once: a small one at once, a larger one in the background.

    Parameters
    ----------
    file : pathlib.Path
        Database of SQLite.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._is_stopped = False
        self._thread: threading.Thread | None = None
        self.is_damaged = False
        if file.stat().st_size <= _AT_ONCE_BYTES:
            self._check()
        else:
            self._thread = threading.Thread(target=self._check, name="integrity", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Wait until the file is checked."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Check no further; `is_damaged` stays as it is."""
        with self._lock:
            self._is_stopped = True
            if self._connection is not None:
                self._connection.interrupt()
        self.wait()

    def _check(self) -> None:
        connection = sqlite3.connect(self._file, check_same_thread=False)
        with self._lock:
            self._connection = connection
        try:
            if not self._is_stopped:
                (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
                self.is_damaged = found != "ok"
        except UnicodeDecodeError:
            self.is_damaged = True  # a name that SQLite quotes is no text any more
        except sqlite3.DatabaseError as error:
            # What else there is to say of the file, the store says when it is used.
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            self.is_damaged = code == sqlite3.SQLITE_CORRUPT
        finally:
            with self._lock:
                self._connection = None
            connection.close()
