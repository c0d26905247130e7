"""The model, loaded once per process."""

import streamlit as st

from core.network.engine import Engine, load_engine


@st.cache_resource(show_spinner=False)
def load_model(weights: str, device: str) -> Engine:
    """Load the engine with its weights.

    Parameters
    ----------
    weights : str
        "default" for the bundled weights, or a file.
    device : str
        "auto", "cpu" or "cuda".

    Returns
    -------
    Engine
        Shared by all sessions.

    Raises
    ------
    ValueError
        If the weights or the device cannot be used.
    """
    return load_engine(weights, device)
