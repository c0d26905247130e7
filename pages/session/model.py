"""The model, loaded once per process, in the background from the moment it may be needed."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import streamlit as st

from pages.server.garbage_collection import exempt_what_is_loaded
from pages.server.health import model_health

if TYPE_CHECKING:
    from core.network.engine import Engine


def begin_loading(weights: str, device: str) -> None:
    """Load the engine in the background, so that it is ready when it is needed.

    Parameters
    ----------
    weights : str
        "default" for the bundled weights, or a file.
    device : str
        "auto", "cpu" or "cuda".
    """
    _loading(weights, device)


def load_model(weights: str, device: str) -> Engine:
    """Wait until the engine is loaded, and return it.

    Parameters
    ----------
    weights : str
        "default" for the bundled weights, or a file.
    device : str
        "auto", "cpu" or "cuda".

    Returns
    -------
    Engine
        Shared by all sessions, ready to predict without further preparation.

    Raises
    ------
    ValueError
        If the weights or the device cannot be used.
    """
    return _loading(weights, device).result()


def show_model(weights: str, device: str) -> None:
    """Show which weights, precision and device are used, or that they are being loaded.

    Parameters
    ----------
    weights : str
        "default" for the bundled weights, or a file.
    device : str
        "auto", "cpu" or "cuda".
    """
    loading = _loading(weights, device)
    if not loading.done():
        st.caption("Model: loading…")
    elif error := loading.exception():
        st.caption(f"Model: {error}")
    else:
        st.caption(f"Model: {loading.result().description}")


@st.cache_resource(show_spinner=False)
def _loading(weights: str, device: str) -> Future[Engine]:
    pool = ThreadPoolExecutor(1, thread_name_prefix="model")
    future = pool.submit(_loaded, weights, device)
    pool.shutdown(wait=False)
    model_health().state = lambda: _state(future)
    return future


def _state(loading: Future[Engine]) -> str:
    if not loading.done():
        return "loading"
    return "ok" if loading.exception() is None else "failed"


def _loaded(weights: str, device: str) -> Engine:
    # Importing PyTorch takes seconds, which no page should wait for.
    from core.network.engine import load_engine
    from core.proposals.warm_up import warm_up

    engine = load_engine(weights, device)
    warm_up(engine)
    exempt_what_is_loaded()
    return engine
