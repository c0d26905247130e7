"""Files on the disk that are sent once somebody presses the button that offers them."""

from collections.abc import Callable
from pathlib import Path

from pages.server.shown_files import from_disk


def sent_when_pressed(path: Path, check: Callable[[], None]) -> Callable[[], bytes]:
    """Return what to give a download button: the file is never read into memory as a whole.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    check : callable
        Called first; raises where the person may not have it any more, and nothing is sent.
    """

    def send() -> bytes:
        check()
        return from_disk(path)

    return send
