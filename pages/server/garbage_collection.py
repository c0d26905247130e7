"""When Python looks for garbage in cycles, and what it passes over then.

Streamlit's own way is to look through everything after each run of a page, and it holds the
interpreter lock meanwhile: with PyTorch loaded a quarter of a second for every message of the
editor and every look at a running job, so that pages that watch jobs leave the jobs nothing of the
lock; with the modules exempt still a quarter of the lock while twenty people draw
(docs/benchmarks.md).
`.streamlit/config.toml` turns that off (``runner.postScriptGC``).
"""

import gc
import threading

_EVERY_S = 10.0  # what a closed tab leaves behind is freed as soon


def exempt_what_is_loaded() -> None:
    """Exempt the objects that exist now from later garbage collections.

    What is exempted is still freed once nothing refers to it, except in cycles: therefore call this
    where modules have been loaded, not at every turn.
    """
    gc.collect()
    gc.freeze()


def collect_at_intervals(every_s: float = _EVERY_S) -> threading.Event:
    """Collect garbage every few seconds from now on, beside what Python does by itself.

    Pages and their sessions refer to themselves in cycles, which Python's own rule leaves alone
    until a quarter more objects have come; they hold pictures and masks.

    Parameters
    ----------
    every_s : float
        Seconds from one collection to the next.

    Returns
    -------
    threading.Event
        Set it to have it stop.
    """
    stop = threading.Event()

    def collect() -> None:
        while not stop.wait(every_s):
            gc.collect()

    threading.Thread(target=collect, name="garbage-collection", daemon=True).start()
    return stop
