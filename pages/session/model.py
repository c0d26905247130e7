"""The model and where it proposes: once per process, loaded before it is needed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.home.settings import Settings
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.opening import open_backend
from pages.server.garbage_collection import exempt_what_is_loaded
from pages.server.health import model_health

if TYPE_CHECKING:
    from core.network.engine import Engine


def proposal_backend(settings: Settings) -> ProposalBackend:
    """Return the backend for proposals that the settings name, shared by all sessions."""
    chosen = (settings.proposals, settings.proposals_fallback, settings.weights, settings.device)
    return _backend(repr((settings.home, *chosen)), settings)


def begin_loading(settings: Settings) -> None:
    """Have what proposes made ready in the background, so that it is when it is needed."""
    if settings.proposals.kind == "in-process":
        _loading(settings.weights, settings.device)
    else:
        _weights(proposal_backend(settings))


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


def known_weights(settings: Settings) -> str | None:
    """Name of the weights that propose; None while they are being loaded, or cannot be used."""
    if settings.proposals.kind == "in-process":
        loading = _loading(settings.weights, settings.device)
        return loading.result().weights.name if _is_there(loading) else None
    weights = _weights(proposal_backend(settings))
    return weights.result() if _is_there(weights) else None


def _is_there(loading: Future[Any]) -> bool:
    return loading.done() and loading.exception() is None


def show_model(settings: Settings) -> None:
    """Show which weights are used and where, or that they are being loaded."""
    if settings.proposals.kind == "in-process":
        _show(_loading(settings.weights, settings.device), lambda engine: engine.description)
    else:
        place = settings.proposals.description
        # A service that is gone is waited for.
        meanwhile = (
            "loading…" if settings.proposals.kind == "processes" else f"waiting for {place}…"
        )
        weights = _weights(proposal_backend(settings))
        _show(weights, lambda name: f"{name} in {place}", meanwhile)


def _show(
    loading: Future[Any], describe: Callable[[Any], str], meanwhile: str = "loading…"
) -> None:
    if not loading.done():
        st.caption(f"Model: {meanwhile}")
    elif error := loading.exception():
        st.caption(f"Model: {error}")
    else:
        st.caption(f"Model: {describe(loading.result())}")


@st.cache_resource(show_spinner=False)
def _backend(chosen: str, _settings: Settings) -> ProposalBackend:
    return open_backend(_settings, lambda: load_model(_settings.weights, _settings.device))


@st.cache_resource(show_spinner=False)
def _loading(weights: str, device: str) -> Future[Engine]:
    return _in_background(lambda: _loaded(weights, device))


@st.cache_resource(show_spinner=False, hash_funcs={ProposalBackend: id})
def _weights(backend: ProposalBackend) -> Future[str]:
    return _in_background(backend.weights)


def _in_background(load: Callable[[], Any]) -> Future[Any]:
    pool = ThreadPoolExecutor(1, thread_name_prefix="model")
    future = pool.submit(load)
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
