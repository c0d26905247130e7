"""The model is loaded in the background, once, and says what it is."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.session.model import load_model


def shown_model() -> None:
    import os

    from core.home.settings import read_settings
    from pages.session.model import begin_loading, show_model

    settings = read_settings(os.environ | {"SLICEWISE_DEVICE": "cpu"})
    begin_loading(settings)
    show_model(settings)


def test_settings_tell_which_weights_precision_and_device_are_used() -> None:
    engine = load_model("default", "cpu")
    assert load_model("default", "cpu") is engine
    page = AppTest.from_function(shown_model).run()
    assert page.caption[0].value == f"Model: {engine.description}"
    assert "slicewise" in engine.description
    assert "cpu" in engine.description


def test_weights_that_cannot_be_used_are_told_to_who_wants_to_use_them() -> None:
    with pytest.raises(ValueError, match="nothing-here"):
        load_model("nothing-here.safetensors", "cpu")
