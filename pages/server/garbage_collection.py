"""What Python's garbage collection passes over: the modules of the server, which stay for good."""

import gc


def exempt_what_is_loaded() -> None:
    """Exempt the objects that exist now from later garbage collections.

    Streamlit collects after every run of a page, and holds the interpreter lock meanwhile. With
    PyTorch loaded that takes a quarter of a second, for every message of the editor and every look
    at a running job; pages that watch jobs would leave the jobs nothing of the lock
    (docs/benchmarks.md). What is exempted is still freed once nothing refers to it, except in
    cycles: therefore call this where modules have been loaded, not at every turn.
    """
    gc.collect()
    gc.freeze()
